import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import {
  type CompileOptions,
  compile,
  DEFAULT_OPTIONS,
  readWorkloadObjects,
} from '../../../src/compiler/index.ts';
import type { Additions } from '../../../src/compiler/model/additions.ts';
import type { Workload } from '../../../src/compiler/model/workload.ts';
import { kills } from '../../support/kernel.ts';
import { capsetMask } from '../../support/manifests.ts';

const container = {
  name: 'main',
  image: 'i',
  command: ['/bin/app'],
  securityContext: {
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

/** A pod of a controller that adds something to it. */
function workloadOf(additions: Additions, more: object = {}): Workload {
  const value = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop', labels: { app: 'a' } },
    spec: { containers: [container], ...more },
  };
  const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
  const [workload] = read.ok ? read.workloads : [];
  if (workload === undefined) throw new Error('The pod is not valid.');
  return { ...workload, additions };
}

function policiesOf(additions: Additions, options: Partial<CompileOptions> = {}, more: object = {}) {
  const { manifests, notices } = compile(workloadOf(additions, more), { ...DEFAULT_OPTIONS, ...options });
  return { manifests, notices, names: manifests.map(({ metadata }) => metadata.name) };
}

/** What a controller does not tell is whether its container is killed by a policy for the whole pod. */
const started = (path: string) => ({ requested: path, files: [path], links: 1 });

describe('containers that a controller adds', () => {
  const additions = { by: 'The controller', containers: ['helper', 'setup'] };

  test('are killed by no policy for the whole pod', () => {
    const { manifests, names, notices } = policiesOf(additions);
    expect(names).toEqual(['block-capset-a--pod']);
    expect(kills(manifests, 'helper', started('/bin/anything'))).toBe(false);
    // The container runtime gives them its 14 default capabilities.
    expect(capsetMask(manifests)).toBe('0xffffffff57fbda04');
    expect(notices.map(({ code }) => code)).toContain('ControllerAddsContainers');
  });

  test('and none is made stricter by what a field that is left out means', () => {
    expect(policiesOf(additions, { unset: 'restricted' }).names).toEqual(['block-capset-a--pod']);
    expect(capsetMask(policiesOf(additions, { unset: 'restricted' }).manifests)).toBe('0xffffffff57fbda04');
  });

  test('leave the containers of the object their policies with scope=container', () => {
    const { manifests, names, notices } = policiesOf(additions, { scope: 'container' });
    expect(names).toEqual(
      ['allow-binaries', 'block-rootfs-write', 'block-setuid', 'block-capset'].map(
        (each) => `${each}-a--pod--main`,
      ),
    );
    expect(kills(manifests, 'main', started('/bin/other'))).toBe(true);
    expect(kills(manifests, 'helper', started('/bin/other'))).toBe(false);
    expect(notices.find(({ code }) => code === 'ControllerAddsContainers')?.message).toBe(
      'The controller adds containers to the pods after compilation, such as helper and setup. With scope=container no policy applies there: nothing is killed, and nothing enforced.',
    );
  });

  test('are seen in the events of mode=monitor, which kills nothing', () => {
    expect(policiesOf(additions, { mode: 'monitor' }).names).toHaveLength(4);
  });
});

describe('binaries by which a controller starts containers', () => {
  const additions = { by: 'The controller', binaries: ['/run/starter'] };

  test('are on the list of the containers that it starts, and told', () => {
    const { manifests, notices } = policiesOf(
      additions,
      { scope: 'container' },
      {
        initContainers: [{ ...container, name: 'init' }],
      },
    );
    expect(kills(manifests, 'main', started('/run/starter'))).toBe(false);
    expect(kills(manifests, 'main', started('/bin/other'))).toBe(true);
    // It starts no init containers.
    expect(kills(manifests, 'init', started('/run/starter'))).toBe(true);
    expect(notices.filter(({ code }) => code === 'ControllerBinariesListed')).toMatchObject([
      {
        container: 'main',
        message:
          'The controller starts the command of this container by /run/starter, so the allowlist has that too.',
      },
    ]);
  });

  test('need a permit where entrypoints do', () => {
    const ids = securityOverrides(workloadOf(additions), { authorizeEntrypoints: true }).map(({ id }) => id);
    expect(ids).toEqual(['allowedBinary:/bin/app', 'allowedBinary:/run/starter']);
  });
});

describe('a controller that starts containers by programs that nobody knows', () => {
  const two = { containers: [container, { ...container, name: 'side' }] };
  test.each<[string, Additions, string[]]>([
    ['every container', { by: 'X', startsOthers: { why: 'runs a shell' } }, ['main', 'side']],
    ['the first one', { by: 'X', startsOthers: { why: 'runs a shell', first: true } }, ['main']],
  ])('has %s ask for any binary', (_, additions, expected) => {
    const asked = securityOverrides(workloadOf(additions, two), { authorizeEntrypoints: false });
    expect(asked.map(({ id, container, implicit }) => [id, container, implicit])).toEqual(
      expected.map((name) => ['allowedBinary:*', name, true]),
    );
    const { names, notices } = policiesOf(additions, { scope: 'container' }, two);
    expect(names.filter((name) => name.startsWith('allow-binaries'))).toHaveLength(2 - expected.length);
    expect(notices.find(({ code }) => code === 'ControllerStartsOthers')?.message).toBe(
      'In the container main X runs a shell: no list can name all that runs there, so any binary may run.',
    );
  });
});
