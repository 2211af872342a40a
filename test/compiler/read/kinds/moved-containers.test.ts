import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects } from '../../../../src/compiler/index.ts';
import type { Path } from '../../../../src/compiler/model/pointer.ts';
import type { Workload } from '../../../../src/compiler/model/workload.ts';
import { parseDocuments } from '../../../../src/compiler/read/documents.ts';

const FOLDER = 'test/fixtures/kinds';

function objectOf(file: string): unknown {
  const parsed = parseDocuments(readFileSync(`${FOLDER}/${file}`, 'utf8'), 'yaml');
  if (!parsed.ok) throw new Error(`${file} is not YAML.`);
  return parsed.documents[0]?.value;
}

function workloadsOf(value: unknown): readonly Workload[] {
  const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
  if (!read.ok)
    throw new Error(read.faults.map(({ path, message }) => `${path.join('/')}: ${message}`).join());
  return read.workloads;
}

/** A copy of a value in which the mapping at a path has another member. */
function withMember(value: unknown, [step, ...rest]: Path, member: unknown): unknown {
  if (step === undefined) return member;
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? withMember(item, rest, member) : item));
  const mapping: Record<string, unknown> =
    typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  return { ...mapping, [step]: withMember(mapping[step], rest, member) };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (holder, step) => (typeof holder === 'object' && holder !== null ? Reflect.get(holder, step) : undefined),
    value,
  );
}

/** What the container at a place asks for besides binaries, in all workloads that are made of it. */
function asked(value: unknown, place: string): string[] {
  const found = workloadsOf(value).flatMap((workload) => {
    const names = workload.containers.filter(({ path }) => path.join('/') === place).map(({ name }) => name);
    return securityOverrides(workload, { authorizeEntrypoints: false }).filter(
      ({ container, category }) =>
        container !== undefined && names.includes(container) && category !== 'binary',
    );
  });
  return [...new Set(found.map(({ id }) => id))].sort();
}

const security = fc.record(
  {
    privileged: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    runAsNonRoot: fc.boolean(),
    runAsUser: fc.constantFrom(0, 1),
    runAsGroup: fc.constantFrom(0, 1),
    readOnlyRootFilesystem: fc.boolean(),
    capabilities: fc.record({ add: fc.subarray(['BPF', 'net_admin']), drop: fc.subarray(['ALL', 'chown']) }),
    seccompProfile: fc.record({ type: fc.constantFrom('Unconfined', 'RuntimeDefault') }),
    appArmorProfile: fc.record({ type: fc.constantFrom('Unconfined', 'RuntimeDefault') }),
    procMount: fc.constantFrom('Default', 'Unmasked'),
  },
  {
    requiredKeys: [
      'privileged',
      'runAsNonRoot',
      'runAsUser',
      'runAsGroup',
      'seccompProfile',
      'appArmorProfile',
    ],
  },
);

/** A container of a fixture, by its place in the object. */
const containers = readdirSync(FOLDER).flatMap((file) => {
  const object = objectOf(file);
  const places = new Map(
    workloadsOf(object).flatMap(({ containers: found }) =>
      found.map(({ path }): [string, Path] => [path.join('/'), path]),
    ),
  );
  return [...places].flatMap(([place, path]) => {
    const value = valueAt(object, path);
    const isContainer =
      typeof value === 'object' && value !== null && Object.hasOwn(value, 'securityContext');
    return isContainer ? [{ name: `${file} ${place}`, object, place, path }] : [];
  });
});

describe('a security context asks for the same in a container of a Pod and in every other kind', () => {
  test.each(containers)('$name', ({ object, place, path }) => {
    fc.assert(
      fc.property(security, (context) => {
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'w', namespace: 'n', labels: { app: 'w' } },
          spec: { containers: [{ name: 'c', image: 'i', command: ['/c'], securityContext: context }] },
        };
        expect(asked(withMember(object, [...path, 'securityContext'], context), place)).toEqual(
          asked(pod, 'spec/containers/0'),
        );
      }),
      { numRuns: 20 },
    );
  });
});
