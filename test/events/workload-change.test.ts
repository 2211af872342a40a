import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { securityOverrides } from '../../src/compiler/derive/overrides.ts';
import { type Path, toPointer } from '../../src/compiler/model/pointer.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import type { Needed } from '../../src/events/remedies.ts';
import { changesFor, type WorkloadChange } from '../../src/events/workload-change.ts';
import { app, service, workloads } from '../support/services.ts';

type Fields = Record<string, unknown>;

function deployment(container: Fields, pod: Fields = {}, annotations?: Fields): Fields {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, ...(annotations === undefined ? {} : { annotations }) },
        spec: { containers: [{ name: 'app', image: 'app:1', command: ['/bin/app'], ...container }], ...pod },
      },
    },
  };
}

function crd(security?: Fields): Fields {
  const container = {
    image: 'app:1',
    command: ['/bin/app'],
    ...(security === undefined ? {} : { security }),
  };
  return service({ app: container });
}

const WGET: Needed = { kind: 'allowed-binary', binary: '/usr/bin/wget' };
const NET_ADMIN: Needed = { kind: 'capability', capability: 'NET_ADMIN' };
const WRITABLE: Needed = { kind: 'field', field: 'readOnlyRootFilesystem', value: false };
const ROOT: Needed = { kind: 'field', field: 'runAsNonRoot', value: false };
const MOUNT: Needed = { kind: 'mount', directory: '/srv/Cache' };

const LATTICE = '/spec/workload/containers/0';
const NATIVE = '/spec/template/spec/containers/0';
const ANNOTATION = 'runtime.lattice.dev/allowed-binaries';

/** Reads one workload of a document, and its only container. */
function read(document: unknown): Workload {
  const [only] = workloads(JSON.stringify(document));
  if (only === undefined) throw new Error('no workload');
  return only;
}

function changes(document: unknown, needed: Needed): WorkloadChange[] {
  const workload = read(document);
  const [container] = workload.containers;
  if (container === undefined) throw new Error('no container');
  return changesFor({ workload, container, has: (path) => valueAt(document, path) != null }, needed);
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce((value: unknown, step) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([key]) => key === String(step))?.[1];
  }, document);
}

/** Does what a change says. */
function apply(document: unknown, { path, how, snippet }: WorkloadChange): void {
  const written: unknown = parse(snippet);
  const target = valueAt(document, how === 'replace' ? path.slice(0, -1) : path);
  if (how === 'append') {
    if (!Array.isArray(target) || !Array.isArray(written)) throw new Error(`no list at ${toPointer(path)}`);
    target.push(...written);
    return;
  }
  if (typeof target !== 'object' || target === null) throw new Error(`no mapping at ${toPointer(path)}`);
  for (const key of Object.keys(Object(written)))
    expect(Object.hasOwn(target, key), `${key} at ${toPointer(path)}`).toBe(how === 'replace');
  Object.assign(target, written);
}

const CASES: [string, Fields, Needed, string, Partial<WorkloadChange> & { path?: never }, string][] = [
  [
    'a list',
    service([app({ allowedBinaries: ['/bin/ls'] })]),
    WGET,
    `${LATTICE}/securityContext/allowedBinaries`,
    { how: 'append', snippet: '- /usr/bin/wget' },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'no list',
    service([app({ runAsNonRoot: true })]),
    WGET,
    `${LATTICE}/securityContext`,
    { how: 'add', snippet: 'allowedBinaries:\n  - /usr/bin/wget' },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'no context',
    service([{ name: 'app', image: 'a:1', command: ['/bin/app'] }]),
    WGET,
    LATTICE,
    { how: 'add', snippet: 'securityContext:\n  allowedBinaries:\n    - /usr/bin/wget' },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'the CRD without a context',
    crd(),
    WGET,
    '/spec/workload/containers/app',
    { how: 'add', snippet: 'security:\n  allowedBinaries:\n    - /usr/bin/wget' },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'a path that YAML would misread',
    service([app({})]),
    { kind: 'allowed-binary', binary: '/opt/a b: #c' },
    `${LATTICE}/securityContext`,
    { snippet: 'allowedBinaries:\n  - "/opt/a b: #c"' },
    'allowedBinary:/opt/a b: #c',
  ],
  [
    'no annotations',
    deployment({}),
    WGET,
    '/spec/template/metadata',
    { how: 'add', snippet: `annotations:\n  ${ANNOTATION}.app: /usr/bin/wget` },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'other annotations',
    deployment({}, {}, { note: 'x' }),
    WGET,
    '/spec/template/metadata/annotations',
    { how: 'add', snippet: `${ANNOTATION}.app: /usr/bin/wget` },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'an annotation for the pod',
    deployment({}, {}, { [ANNOTATION]: '/bin/ls' }),
    WGET,
    '/spec/template/metadata/annotations',
    { how: 'add', snippet: `${ANNOTATION}.app: /usr/bin/wget` },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'an annotation of its own',
    deployment({}, {}, { [ANNOTATION]: '/bin/ls', [`${ANNOTATION}.app`]: '/bin/a, /bin/b' }),
    WGET,
    `/spec/template/metadata/annotations/${ANNOTATION.replace('/', '~1')}.app`,
    { how: 'replace', snippet: `${ANNOTATION}.app: /bin/a,/bin/b,/usr/bin/wget` },
    'allowedBinary:/usr/bin/wget',
  ],
  [
    'added capabilities',
    service([app({ capabilities: { add: ['KILL'] } })]),
    NET_ADMIN,
    `${LATTICE}/securityContext/capabilities/add`,
    { how: 'append', snippet: '- NET_ADMIN' },
    'capability:NET_ADMIN',
  ],
  [
    'dropped capabilities',
    service([app({ capabilities: { drop: ['ALL'] } })]),
    NET_ADMIN,
    `${LATTICE}/securityContext/capabilities`,
    { how: 'add', snippet: 'add:\n  - NET_ADMIN' },
    'capability:NET_ADMIN',
  ],
  [
    'no capabilities',
    service([app({ runAsNonRoot: true })]),
    NET_ADMIN,
    `${LATTICE}/securityContext`,
    { how: 'add', snippet: 'capabilities:\n  add:\n    - NET_ADMIN' },
    'capability:NET_ADMIN',
  ],
  [
    'capabilities of the CRD',
    crd({ capabilities: { add: ['KILL'] } }),
    NET_ADMIN,
    '/spec/workload/containers/app/security/capabilities/add',
    { how: 'append', snippet: '- NET_ADMIN' },
    'capability:NET_ADMIN',
  ],
  [
    'no capabilities of the CRD',
    crd({ runAsNonRoot: true }),
    NET_ADMIN,
    '/spec/workload/containers/app/security',
    { how: 'add', snippet: 'capabilities:\n  add:\n    - NET_ADMIN' },
    'capability:NET_ADMIN',
  ],
  [
    'a field',
    deployment({ securityContext: { readOnlyRootFilesystem: true } }),
    WRITABLE,
    `${NATIVE}/securityContext/readOnlyRootFilesystem`,
    { how: 'replace', snippet: 'readOnlyRootFilesystem: false' },
    'readWriteRootFilesystem',
  ],
  [
    'a field of the pod',
    deployment(
      { securityContext: { readOnlyRootFilesystem: true } },
      { securityContext: { runAsNonRoot: true } },
    ),
    ROOT,
    `${NATIVE}/securityContext`,
    { how: 'add', snippet: 'runAsNonRoot: false' },
    'runAsRoot',
  ],
  [
    'a field of the pod, without a context',
    deployment({}, { securityContext: { runAsNonRoot: true } }),
    ROOT,
    NATIVE,
    { how: 'add', snippet: 'securityContext:\n  runAsNonRoot: false' },
    'runAsRoot',
  ],
];

describe('the change for an override', () => {
  test.each(CASES)('where there is %s', (_, document, needed, pointer, expected, override) => {
    const [change, ...more] = changes(document, needed);
    if (change === undefined || more.length > 0) throw new Error('not one change');
    expect({ ...change, path: toPointer(change.path) }).toMatchObject({ ...expected, path: pointer });
    const asks = (): string[] =>
      securityOverrides(read(document), { authorizeEntrypoints: false }).map(({ id }) => id);
    const before = asks();
    expect(before).not.toContain(override);
    apply(document, change);
    // It asks for that override, and loses nothing else.
    expect(asks().sort()).toEqual([...before, override].sort());
  });
});

describe('the change for a mount', () => {
  test.each<[string, Fields, string]>([
    ['no volumes', deployment({}), 'add add'],
    [
      'volumes',
      deployment(
        { volumeMounts: [{ name: 'a', mountPath: '/a' }] },
        { volumes: [{ name: 'a', emptyDir: {} }] },
      ),
      'append append',
    ],
    ['volumes of the pod alone', deployment({}, { volumes: [{ name: 'a', emptyDir: {} }] }), 'add append'],
  ])('where there are %s', (_, document, how) => {
    const all = changes(document, MOUNT);
    expect(all.map((each) => each.how).join(' ')).toBe(how);
    for (const change of all) apply(document, change);
    expect(read(document).containers[0]?.writableMounts).toContain('/srv/Cache');
    expect(stringify(document)).toContain('name: writable-srv-cache');
  });

  test('is left to the author of a Lattice workload', () => {
    expect(changes(service([app({})]), MOUNT)).toEqual([]);
  });
});
