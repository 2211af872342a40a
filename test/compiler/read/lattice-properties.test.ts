import fc from 'fast-check';
import { expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';

/** The words of Lattice documents of all kinds, and some that are like them. */
const KEYS = [
  'spec',
  'workload',
  'runtime',
  'sidecars',
  'containers',
  'Containers',
  'initContainers',
  'init-containers',
  'defaults',
  'tasks',
  'roles',
  'entryWorkload',
  'entryRuntime',
  'workerWorkload',
  'workerRuntime',
  'template',
  'modelSource',
  'training',
  'backup',
  'hooks',
  'extra',
  'app',
  't',
  '__proto__',
] as const;

/** A container that must be asked about, in each spelling. */
const privileged = fc.constantFrom(
  { image: 'x:1', command: ['/x'], security: { privileged: true } },
  { image: 'x:1', command: ['/x'], securityContext: { privileged: true } },
  { command: ['/x'], securityContext: { privileged: true, runAsUser: 7 } },
  { security: { privileged: true } },
);

const hidden = fc.oneof(
  privileged.map((container) => ({ moved: container })),
  privileged.map((container) => [{ name: 'moved', ...container }]),
  privileged.map((container) => [[{ name: 'moved', ...container }]]),
  privileged,
);

/** A document of each kind in which nothing is asked for. */
const plain = (name: string) => ({ containers: { [name]: { image: 'p:1', command: ['/p'] } } });
const SPECS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  LatticeService: { workload: plain('app') },
  LatticeJob: { defaults: { workload: plain('d') }, tasks: { t: { workload: plain('app') } } },
  LatticeModel: { defaults: { entryWorkload: plain('d') }, roles: { t: { entryWorkload: plain('app') } } },
};

/** A copy of a value with another one put in at a path; what stands there is kept where both are mappings. */
function put(value: unknown, [step, ...rest]: readonly string[], what: unknown): unknown {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (step === undefined) {
    const isOther = typeof what === 'object' && what !== null && !Array.isArray(what);
    return isMapping && isOther ? { ...value, ...what } : what;
  }
  const own = isMapping ? Object.entries(value) : [];
  const inner = own.find(([key]) => key === step)?.[1];
  return Object.fromEntries([...own.filter(([key]) => key !== step), [step, put(inner, rest, what)]]);
}

test('a privileged container is asked about or refused, wherever it stands in the spec', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(SPECS)),
      fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 5 }),
      hidden,
      (kind, path, what) => {
        const document = {
          apiVersion: 'lattice.dev/v1alpha1',
          kind,
          metadata: { name: 'w', namespace: 'n' },
          spec: put(SPECS[kind], path, what),
        };
        const parsed = parseDocuments(JSON.stringify(document), 'json');
        if (!parsed.ok) return;
        const read = readWorkloads(parsed.documents);
        if (!read.ok) return;
        const asked = read.workloads.flatMap((workload) =>
          securityOverrides(workload, { authorizeEntrypoints: false }).map(({ id }) => id),
        );
        expect(asked, JSON.stringify(document)).toContain('privileged');
      },
    ),
    { numRuns: 1000 },
  );
});
