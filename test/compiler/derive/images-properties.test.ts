import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerBinaries } from '../../../src/compiler/derive/binaries.ts';
import { imageAssumptions } from '../../../src/compiler/derive/image-assumptions.ts';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { manifestYaml } from '../../../src/compiler/emit/manifest-yaml.ts';
import * as arbitrary from '../../support/arbitraries.ts';
import { knownImages, workloadWith } from '../../support/images.ts';
import { checkManifests } from '../../support/manifests.ts';
import { runs } from '../../support/runs.ts';

const RUNS = runs(1_000);
const SECRET = 'hunter2';

const word = fc.constantFrom(
  '/app',
  '/usr/../app',
  '//opt/app',
  'app',
  './app',
  'tini',
  '--',
  'sh',
  '-c',
  '/run.sh',
  '',
  '..',
  '$(APP)',
  'nginx',
);
const entry = fc.constantFrom('/usr/bin', '/bin/', '', '.', 'bin', '/a/../b', '/');
/** A config whose variables and arguments are secret, but for the first word and PATH. */
const config = fc
  .record(
    {
      Entrypoint: fc.option(fc.array(word, { maxLength: 3 })),
      Cmd: fc.option(fc.array(word, { maxLength: 3 })),
      WorkingDir: fc.constantFrom('', '/srv', 'srv', '/a/../b'),
      User: fc.constantFrom('', '0', 'root', '101:101'),
      Env: fc.array(entry, { maxLength: 4 }).map((entries) => [`PATH=${entries.join(':')}`]),
    },
    { requiredKeys: [] },
  )
  .map((each) => ({
    ...each,
    Env: [`TOKEN=${SECRET}`, ...(each.Env ?? []), `XPATH=${SECRET}`],
    ...(each.Cmd == null || each.Cmd.length === 0 ? {} : { Cmd: [...each.Cmd, '/app', SECRET] }),
  }));
const images = fc
  .record({ 'a:1': config, 'b:2': config }, { requiredKeys: [] })
  .map((configs) => knownImages(configs));

describe('whatever the service and its images', () => {
  test('an allowlist holds at least what it holds without their configs, and is never empty', () => {
    fc.assert(
      fc.property(arbitrary.service, images, (service, known) => {
        const before = containerBinaries(workloadWith(service, [])).binaries;
        const after = containerBinaries(workloadWith(service, known)).binaries;
        for (const [index, { allowlist, monitored, implicitWildcard }] of after.entries()) {
          const held = before[index]?.allowlist;
          if (held !== undefined) {
            expect([...held].filter((binary) => allowlist?.has(binary) === false)).toEqual([]);
            // What had a list keeps one.
            expect(allowlist).toBeDefined();
          }
          expect(allowlist?.size).not.toBe(0);
          expect(monitored?.size).not.toBe(0);
          // Where any binary may run, nobody but the workload itself or the wildcard says so.
          expect(monitored === undefined || implicitWildcard !== undefined).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('every override of before is asked for still, but for wildcards that the configs make needless', () => {
    fc.assert(
      fc.property(arbitrary.service, images, (service, known) => {
        const asked = (from: typeof known) =>
          securityOverrides(workloadWith(service, from), { authorizeEntrypoints: true }).map(
            ({ id, container, implicit }) => JSON.stringify([id, container, implicit]),
          );
        const after = new Set(asked(known));
        const gone = asked([]).filter((each) => !after.has(each));
        expect(gone.filter((each) => !/^\["allowedBinary:\*",.*,true\]$/.test(each))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('manifests fit the schemas, are the same bytes each time, and show no secret', () => {
    fc.assert(
      fc.property(arbitrary.service, images, arbitrary.options, (service, known, options) => {
        const workload = workloadWith(service, known);
        const compiled = compile(workload, options);
        checkManifests(compiled.manifests);
        expect(compile(workloadWith(service, known), options)).toEqual(compiled);
        const shown = [
          manifestYaml(compiled.manifests),
          compiled.notices,
          imageAssumptions(workload),
          securityOverrides(workload, { authorizeEntrypoints: true }),
        ];
        expect(JSON.stringify(shown)).not.toContain(SECRET);
      }),
      RUNS,
    );
  });
});
