import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, readWorkloads } from '../../src/compiler/index.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { parseDocuments } from '../../src/compiler/read/documents.ts';
import { BINARY_CLASS_NAMES } from '../../src/learn/binary-classes.ts';
import { patchWorkloads } from '../../src/learn/patch/patch-workloads.ts';
import { binaryEvent, execEvent, type Ran } from '../support/cluster-events.ts';
import { type Exec, kills } from '../support/kernel.ts';
import { learnt } from '../support/learning.ts';

/** Verdicts about allow-binaries, against what the kernel does with the policies of the patched workload. */

const LABELS = { app: 'web' };

/** Programs, and the files that the kernel loads for them. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  '/usr/bin/web': ['/usr/bin/web'],
  '/bin/web': ['/usr/bin/web'],
  '/bin/sh': ['/usr/bin/dash'],
  '/usr/bin/ls': ['/usr/bin/busybox'],
  '/app/start.sh': ['/app/start.sh', '/usr/bin/dash'],
  '/usr/bin/id': ['/usr/bin/id'],
  '/opt/tool': ['/opt/v2/tool'],
};

interface Run {
  readonly container: string;
  readonly program: string;
  /** Whether allow-binaries was watching when it ran. */
  readonly watched: boolean;
}

const programs = fc.constantFrom(...Object.keys(PROGRAMS));
const lists = fc.option(fc.uniqueArray(fc.oneof(programs, fc.constant('*')), { maxLength: 4 }), {
  nil: undefined,
});
const cases = fc.record({
  containers: fc.array(fc.record({ list: lists, command: fc.option(programs, { nil: undefined }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  runs: fc.array(fc.record({ container: fc.nat({ max: 2 }), program: programs, watched: fc.boolean() }), {
    maxLength: 12,
  }),
  scope: fc.constantFrom('pod', 'container'),
  pathMatching: fc.constantFrom('either', 'resolved'),
  mergedUsr: fc.boolean(),
  all: fc.boolean(),
});

function documentOf(
  containers: readonly {
    readonly list?: readonly string[] | undefined;
    readonly command?: string | undefined;
  }[],
) {
  const annotations = Object.fromEntries(
    containers.flatMap(({ list }, index) =>
      list === undefined ? [] : [[`runtime.lattice.dev/allowed-binaries.c${index}`, list.join(',')]],
    ),
  );
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: LABELS, annotations },
    spec: {
      containers: containers.map(({ command }, index) => ({
        name: `c${index}`,
        image: 'web:1',
        ...(command === undefined ? {} : { command: [command] }),
      })),
    },
  });
}

function read(text: string): { readonly workload: Workload; readonly documents: ReturnType<typeof parsed> } {
  const documents = parsed(text);
  const reading = readWorkloads(documents);
  if (!reading.ok || reading.workloads[0] === undefined) throw new Error('no workload');
  return { workload: reading.workloads[0], documents };
}

function parsed(text: string) {
  const result = parseDocuments(text, 'json');
  if (!result.ok) throw new Error('no JSON');
  return result.documents;
}

function execOf(program: string): Exec {
  return { requested: program, files: PROGRAMS[program] ?? [program], links: 1 };
}

/** The events of a run: of the start of its process and, where the policy was watching, of each of its files. */
function eventsOf({ container, program, watched }: Run): unknown[] {
  const ran: Ran = { binary: program, container, labels: LABELS, from: 'tree' };
  const start = execEvent(ran);
  if (!watched) return [start];
  const caller: Ran = { ...ran, binary: '/usr/bin/web' };
  return [start, ...execOf(program).files.map((file) => binaryEvent(caller, program, file))];
}

test('is ready only when nothing that ran is killed, and not ready only when something is', () => {
  fc.assert(
    fc.property(cases, ({ containers, runs, scope, pathMatching, mergedUsr, all }) => {
      const text = documentOf(containers);
      const { workload, documents } = read(text);
      const ran = runs
        .filter(({ container }) => container < containers.length)
        .map((run): Run => ({ ...run, container: `c${run.container}` }));
      const starts = containers.map((_, index) =>
        execEvent({ binary: '/usr/bin/web', container: `c${index}`, labels: LABELS, from: 'init' }),
      );
      const options = { ...DEFAULT_OPTIONS, scope, pathMatching, mergedUsr };
      const result = learnt(workload, [...starts, ...ran.flatMap(eventsOf)], {
        include: new Set(all ? BINARY_CLASS_NAMES : []),
        compile: options,
      });
      const proposals = result.containers.flatMap(({ container, proposal }) =>
        proposal === undefined ? [] : [{ workload, container, allowedBinaries: proposal.allowedBinaries }],
      );
      const patched = patchWorkloads({ text, syntax: 'json', documents, options: {} }, proposals);
      expect(patched.refused).toEqual([]);
      const { manifests } = compile(read(patched.text).workload, options);
      const begun = containers.map(
        (_, index): Run => ({ container: `c${index}`, program: '/usr/bin/web', watched: false }),
      );
      const killed = [...begun, ...ran].filter(({ container, program }) =>
        kills(manifests, container, execOf(program)),
      );
      const verdict = result.policies.find(({ policy }) => policy === 'allow-binaries');
      if (verdict?.verdict === 'ready' || verdict?.verdict === 'no-policy') expect(killed).toEqual([]);
      // Under pathMatching=resolved, a file that no event tells is held to be missing.
      if (verdict?.verdict === 'not-ready' && pathMatching === 'either') expect(killed).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
});

describe('with scope=container', () => {
  test('a container that may run any binary is killed for none', () => {
    const { workload } = read(documentOf([{ list: ['/usr/bin/web'] }, { list: ['*'] }]));
    const events = [
      execEvent({ binary: '/usr/bin/web', container: 'c0', labels: LABELS }),
      execEvent({ binary: '/bin/sh', container: 'c1', labels: LABELS }),
    ];
    const { policies } = learnt(workload, events, { compile: { ...DEFAULT_OPTIONS, scope: 'container' } });
    expect(policies[0]).toMatchObject({ policy: 'allow-binaries', verdict: 'ready', stops: [] });
  });
});
