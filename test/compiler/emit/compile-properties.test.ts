import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { containerBinaries } from '../../../src/compiler/derive/binaries.ts';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { manifestYaml } from '../../../src/compiler/emit/manifest-yaml.ts';
import { BaselineOptionsSchema } from '../../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../../src/compiler/emit/policies/baseline.ts';
import { DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import * as arbitrary from '../../support/arbitraries.ts';
import { allowlistOf, checkManifests } from '../../support/manifests.ts';
import { runs } from '../../support/runs.ts';
import { app, service, workload, workloads } from '../../support/services.ts';

const RUNS = runs(1_000);

type Service = typeof arbitrary.service extends fc.Arbitrary<infer T> ? T : never;
type Containers = Service['spec']['workload']['containers'];

/** Another order of the same containers and of the same lists. */
function reversed(service: Service): Service {
  const { workload: inner, runtime } = service.spec;
  return {
    ...service,
    spec: {
      runtime: { ...runtime, sidecars: reversedContainers(runtime.sidecars) },
      workload: {
        containers: reversedContainers(inner.containers),
        initContainers: reversedContainers(inner.initContainers),
      },
    },
  };
}

function reversedContainers(containers: Containers): Containers {
  const entries = Object.entries(containers).map(([name, container]): [string, Containers[string]] => {
    const { securityContext: security, ...rest } = container;
    if (security === undefined) return [name, container];
    const { allowedBinaries, capabilities, ...others } = security;
    return [
      name,
      {
        ...rest,
        securityContext: {
          ...others,
          ...(allowedBinaries === undefined ? {} : { allowedBinaries: allowedBinaries.toReversed() }),
          ...(capabilities === undefined
            ? {}
            : {
                capabilities: {
                  ...(capabilities.add === undefined ? {} : { add: capabilities.add.toReversed() }),
                  ...(capabilities.drop === undefined ? {} : { drop: capabilities.drop.toReversed() }),
                },
              }),
        },
      },
    ];
  });
  return Object.fromEntries(entries.toReversed());
}

function asList(containers: Containers): unknown[] {
  return Object.entries(containers).map(([name, container]) => ({ name, ...container }));
}

describe('whatever the service and the options', () => {
  test("every manifest fits our schema, Tetragon's CRD and the limits of its agent, and no value list is empty", () => {
    fc.assert(
      fc.property(arbitrary.service, arbitrary.options, (service, options) => {
        checkManifests(compile(workload(service), options).manifests);
      }),
      RUNS,
    );
  });

  test("every baseline fits our schema, Tetragon's CRD and the limits of its agent", () => {
    fc.assert(
      fc.property(arbitrary.baselineOptions, (options) => {
        checkManifests([baseline(BaselineOptionsSchema.parse(options))]);
      }),
      RUNS,
    );
  });

  test('the same service gives the same bytes, in any order of containers and lists', () => {
    fc.assert(
      fc.property(arbitrary.service, arbitrary.options, (service, options) => {
        const once = compile(workload(service), options);
        expect(compile(workload(service), options)).toEqual(once);
        expect(manifestYaml(compile(workload(reversed(service)), options).manifests)).toBe(
          manifestYaml(once.manifests),
        );
      }),
      RUNS,
    );
  });

  test('as JSON, as YAML, as a list and as a map: the same bytes', () => {
    fc.assert(
      fc.property(arbitrary.service, arbitrary.options, (service, options) => {
        const bytes = manifestYaml(compile(workload(service), options).manifests);
        const [fromYaml] = workloads(stringify(service, { version: '1.1', schema: 'yaml-1.1' }));
        const { workload: inner, runtime } = service.spec;
        const listed = {
          ...service,
          spec: {
            workload: { containers: asList(inner.containers), initContainers: asList(inner.initContainers) },
            runtime: { ...runtime, sidecars: asList(runtime.sidecars) },
          },
        };
        if (fromYaml === undefined) throw new Error('no service');
        expect(manifestYaml(compile(fromYaml, options).manifests)).toBe(bytes);
        expect(manifestYaml(compile(workload(listed), options).manifests)).toBe(bytes);
      }),
      RUNS,
    );
  });

  test("a pod's allowlist is the union of its containers', or absent when one of them may run anything", () => {
    fc.assert(
      fc.property(arbitrary.service, (service) => {
        const read = workload(service);
        const lists = containerBinaries(read).binaries.map(({ allowlist }) => allowlist);
        const hostPid = read.pod.some(({ name, value }) => name === 'hostPID' && value);
        const union =
          hostPid || lists.some((list) => list === undefined)
            ? null
            : [...new Set(lists.flatMap((list) => [...(list ?? [])]))].sort();
        const { manifests } = compile(read, {
          mode: 'enforce',
          layout: 'per-policy',
          scope: 'pod',
          unset: 'declared',
          pathMatching: 'either',
          mergedUsr: false,
          rootfsMagic: ['0x794c7630'],
        });
        expect(allowlistOf(manifests)).toEqual(union);
      }),
      RUNS,
    );
  });

  test('a label value that some readers would take for a number is quoted', () => {
    const { manifests } = compile(
      workload(
        service([app({ capabilities: { add: ['AUDIT_CONTROL'], drop: ['DAC_OVERRIDE', 'SETUID'] } })]),
      ),
      { ...DEFAULT_OPTIONS, layout: 'shared' },
    );
    expect(manifestYaml(manifests)).toContain('lattice.dev/allowed-capabilities: "e8042579"');
  });

  test('the YAML means the same to a YAML 1.1 reader (kubectl) and to a YAML 1.2 reader', () => {
    fc.assert(
      fc.property(arbitrary.service, arbitrary.options, (service, options) => {
        const manifests = compile(workload(service), options).manifests;
        const text = manifestYaml(manifests);
        if (manifests.length === 0) expect(parse(text)).toBeNull();
        for (const version of manifests.length === 0 ? [] : (['1.1', '1.2'] as const)) {
          expect(parseAllDocuments(text, { version }).map((document) => document.toJS())).toEqual(manifests);
        }
        // What YAML 1.1 takes for a line break must not stand in the text.
        expect(text).not.toMatch(/[\u0085\u2028\u2029\ufeff]/);
      }),
      RUNS,
    );
  });
});
