import { describe, expect, test } from 'vitest';
import { containerBinaries, unionAllowlist } from '../../../src/compiler/derive/binaries.ts';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import type { Workload } from '../../../src/compiler/model/workload.ts';
import { compiled, faults, service, workload } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

const exec = (...command: readonly string[]): Fields => ({ exec: { command } });

/** One container with these fields, as each dialect and kind has it, and where it stands. */
const FORMS: readonly (readonly [string, (more: Fields) => Fields, string])[] = [
  [
    'a container of a LatticeService',
    (more) => service({ app: { image: 'a:1', command: ['/bin/app'], ...more } }),
    '/spec/workload/containers/app',
  ],
  [
    'a sidecar of a LatticeService',
    (more) =>
      service(
        { m: { command: ['/bin/app'] } },
        { sidecars: { app: { image: 'a:1', command: ['/bin/app'], ...more } } },
      ),
    '/spec/sidecars/app',
  ],
  [
    'a container of a Deployment',
    (more) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'app', image: 'a:1', command: ['/bin/app'], ...more }] },
        },
      },
    }),
    '/spec/template/spec/containers/0',
  ],
  [
    'a native sidecar of a Pod',
    (more) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'm', command: ['/bin/app'] }],
        initContainers: [
          { name: 'app', image: 'a:1', command: ['/bin/app'], restartPolicy: 'Always', ...more },
        ],
      },
    }),
    '/spec/initContainers/0',
  ],
];

function listOf(of: Workload): readonly string[] | undefined {
  return unionAllowlist(containerBinaries(of).binaries);
}

function asks(of: Workload, authorizeEntrypoints: boolean): string[] {
  return securityOverrides(of, { authorizeEntrypoints })
    .filter(({ path }) => toPointer(path).includes('/lifecycle/'))
    .map(({ id, implicit, path }) => `${id} ${implicit ? 'implicit ' : ''}${toPointer(path)}`);
}

describe.each(FORMS)('%s', (_, form, at) => {
  const post = `${at}/lifecycle/postStart/exec/command/0`;
  const pre = `${at}/lifecycle/preStop/exec/command/0`;

  test('what both hooks run joins the list', () => {
    const of = workload(
      form({ lifecycle: { postStart: exec('/bin/warm', '/x'), preStop: exec('/bin/sleep', '5') } }),
    );
    expect(listOf(of)).toEqual(['/bin/app', '/bin/sleep', '/bin/warm']);
    expect(asks(of, false)).toEqual([]);
    expect(asks(of, true)).toEqual([
      `allowedBinary:/bin/sleep implicit ${pre}`,
      `allowedBinary:/bin/warm implicit ${post}`,
    ]);
  });

  test.each(['sleep', './sleep', '$(SLEEP)'])('%s may be any binary', (word) => {
    const of = workload(form({ lifecycle: { preStop: exec(word, '5') } }));
    expect(listOf(of)).toBeUndefined();
    expect(asks(of, false)).toEqual([`allowedBinary:* implicit ${pre}`]);
  });

  test('what runs no binary asks for none', () => {
    const of = workload(
      form({ lifecycle: { postStart: { sleep: { seconds: 1 } }, preStop: { httpGet: { port: 1 } } } }),
    );
    expect(listOf(of)).toEqual(['/bin/app']);
    expect(asks(of, true)).toEqual([]);
  });

  test.each([
    ['/bin/../x', 'The entrypoint "/bin/../x" holds a . or .. segment.'],
    ['', 'The entrypoint is empty.'],
  ])('%j is a fault', (word, message) => {
    expect(faults(form({ lifecycle: { postStart: exec(word) } }))).toEqual([`${post}: ${message}`]);
  });

  test('a hook without a command is a fault', () => {
    expect(faults(form({ lifecycle: { preStop: { exec: { command: [] } } } }))).toEqual([
      `${at}/lifecycle/preStop/exec/command: Expected at least 1 item.`,
    ]);
  });
});

test('the manifest has what the hooks of all containers run', () => {
  const { manifests, notices } = compiled(
    service({
      a: { command: ['/a'], lifecycle: { preStop: exec('/bin/stop') } },
      b: { command: ['/b'] },
    }),
  );
  expect(JSON.stringify(manifests.find(({ metadata }) => metadata.name === 'allow-binaries-web'))).toContain(
    '["/a","/b","/bin/stop"]',
  );
  expect(notices).toEqual([]);
});
