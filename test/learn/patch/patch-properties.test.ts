import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseDocuments, readWorkloads } from '../../../src/compiler/index.ts';
import { jsonPatches } from '../../../src/learn/patch/json-patches.ts';
import { patchWorkloads } from '../../../src/learn/patch/patch-workloads.ts';
import { patchedBy } from '../../support/json-patch.ts';
import { type Lists, listsOf, propose } from '../../support/proposals.ts';
import { runs } from '../../support/runs.ts';
import { Choices, styledYaml } from '../../support/yaml-styles.ts';

const NAMES = ['app', 'side', 'init', 'on', '1e3'] as const;
const path = fc.constantFrom(
  '/bin/a',
  '/bin/b',
  '/usr/bin/c',
  '/opt/a b',
  '/opt/x,y',
  '/opt/ü',
  '/opt/#x',
  '/opt/z ',
  '/1:30',
  "/o'x",
);
const list = fc.uniqueArray(path, { minLength: 1, maxLength: 5 });
const oldList = fc.oneof(list, fc.constant(['*']), fc.constant([]));

/** Contexts that are one object each, so that they can be written as aliases. */
const SHARED = [{ runAsNonRoot: true }, { allowedBinaries: ['/bin/a'], privileged: false }];
const context = fc.oneof(
  fc.constantFrom(...SHARED),
  fc.constantFrom({}, null),
  fc.record(
    {
      allowedBinaries: fc.oneof(oldList, fc.constant(null)),
      runAsNonRoot: fc.boolean(),
      capabilities: fc.constant({ drop: ['ALL'] }),
    },
    { requiredKeys: [] },
  ),
);
const content = fc.oneof(
  fc.record({ image: fc.constant('a:1'), securityContext: context }, { requiredKeys: [] }),
  fc.record(
    {
      security: context,
      command: fc.constant(['/bin/a', '-x']),
      env: fc.constant({ SCRIPT: 'one\n  two\n' }),
    },
    { requiredKeys: ['security'] },
  ),
);
const names = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
const containers = names.chain((keys) =>
  fc
    .tuple(fc.boolean(), fc.tuple(...keys.map(() => content)))
    .map(([isList, values]) =>
      isList
        ? values.map((value, index) => ({ name: keys[index], ...value }))
        : Object.fromEntries(values.map((value, index) => [keys[index], value])),
    ),
);

const lattice = { apiVersion: 'lattice.dev/v1alpha1' };
const service = fc
  .record({ containers, sidecars: fc.option(fc.record({ proxy: content }), { nil: undefined }) })
  .map((parts) => ({
    ...lattice,
    kind: 'LatticeService',
    metadata: { name: 'service', namespace: 'shop' },
    spec: {
      workload: { containers: parts.containers },
      ...(parts.sidecars && { runtime: { sidecars: parts.sidecars } }),
    },
  }));
const task = fc.oneof(
  fc.constant({ replicas: 2 }),
  containers.map((each) => ({ workload: { containers: each } })),
);
const job = fc.record({ defaults: containers, one: task, two: task }).map(({ defaults, ...tasks }) => ({
  ...lattice,
  kind: 'LatticeJob',
  metadata: { name: 'train', namespace: 'ml' },
  spec: { defaults: { workload: { containers: defaults } }, tasks },
}));

const written = oldList.chain((binaries) =>
  fc.constantFrom(
    JSON.stringify(binaries),
    ...(binaries.some((each) => /,| $/.test(each)) ? [] : [binaries.join('\n'), binaries.join(', ')]),
  ),
);
const KEY = 'runtime.lattice.dev/allowed-binaries';
const annotations = (keys: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(undefined, null, {}),
    fc.record(
      {
        'example.org/a': fc.constantFrom('b', 'several\nlines\n'),
        [KEY]: written,
        ...Object.fromEntries(keys.map((key) => [`${KEY}.${key}`, written])),
      },
      { requiredKeys: [] },
    ),
  );
const template = names.chain((keys) =>
  fc
    .record({
      annotations: annotations(keys),
      labels: fc.option(fc.constant({ app: 'web' }), { nil: undefined }),
      isBare: fc.boolean(),
    })
    .map((parts) => {
      const metadata = {
        ...(parts.labels && { labels: parts.labels }),
        ...(parts.annotations !== undefined && { annotations: parts.annotations }),
      };
      return {
        ...(parts.isBare && Object.keys(metadata).length === 0 ? {} : { metadata }),
        spec: { containers: keys.map((name) => ({ name, image: 'a:1' })) },
      };
    }),
);
const native = fc.oneof(
  template.map((pod) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'once' },
    spec: { template: pod },
  })),
  template.map((pod) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'often' },
    spec: { schedule: '@daily', jobTemplate: { spec: { template: pod } } },
  })),
  template.map((pod) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    ...pod,
    metadata: { name: 'pod', ...pod.metadata },
  })),
);
const objects = fc.uniqueArray(
  fc.oneof(
    service,
    job,
    native,
    native.map((each) => ({ apiVersion: 'v1', kind: 'List', items: [each] })),
  ),
  {
    minLength: 1,
    maxLength: 3,
    selector: (each) => JSON.stringify(each).match(/"name":"(service|train|once|often|pod)"/)?.[1],
  },
);
const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 80 });
const wanted = fc.dictionary(fc.constantFrom(...NAMES, 'proxy'), list, { minKeys: 1 });

/** What is read of a body besides the lists and where they stand. */
function besidesLists(text: string): unknown {
  const { body } = propose(text, {});
  const read = readWorkloads(body.documents, body.options);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.workloads.map(({ podAnnotations, template: _, ...workload }) => ({
    ...workload,
    podAnnotations: Object.fromEntries(
      Object.entries(podAnnotations).filter(([key]) => !key.startsWith(KEY)),
    ),
    containers: workload.containers
      .map(({ name, image, command, security }) => ({
        name,
        image,
        command,
        security: { ...security, allowedBinaries: 0 },
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

/** Each list as a set: an annotation for all comes before that of the container. */
function sets(lists: ReturnType<typeof listsOf>): Record<string, Set<string> | undefined> {
  return Object.fromEntries(Object.entries(lists).map(([key, each]) => [key, each && new Set(each)]));
}

function expectedLists(text: string, lists: Lists): Record<string, Set<string> | undefined> {
  const before = sets(listsOf(text));
  return Object.fromEntries(
    Object.entries(before).map(([key, each]) => {
      const list = lists[key.slice(key.indexOf('/') + 1)];
      return [key, list === undefined ? each : new Set(list)];
    }),
  );
}

function checkPatched(text: string, lists: Lists): string {
  const { body, proposals } = propose(text, lists);
  const patched = patchWorkloads(body, proposals);
  expect(patched.refused).toEqual([]);
  expect(sets(listsOf(patched.text))).toEqual(expectedLists(text, lists));
  expect(besidesLists(patched.text)).toEqual(besidesLists(text));
  const again = propose(patched.text, lists);
  expect(patchWorkloads(again.body, again.proposals)).toEqual({ text: patched.text, refused: [] });
  expect(patchWorkloads(body, proposals)).toEqual(patched);
  return patched.text;
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trimEnd());
}

/** The first of some lines that does not come, in this order, among all lines of a text. */
function missingFrom(all: readonly string[], wanted: readonly string[]): string | undefined {
  let place = -1;
  return wanted.find((line) => {
    place = all.indexOf(line, place + 1);
    return place < 0;
  });
}

const COMMENT = /# c\d+/g;

/** The lines that hold nothing but a part of a list, or what leads to one. */
const OURS =
  /^\s*(- )?["']?(\/.*|\*["']|[[\]].*|(allowedBinaries|security|securityContext|annotations|metadata|runtime\.lattice\.dev.*)["']?:.*|.*: (\{\}|null))$/;

test('a patched YAML text has the lists, and nothing else differs', () => {
  fc.assert(
    fc.property(objects, choices, wanted, (values, numbers, lists) => {
      const text = styledYaml(values, new Choices(numbers));
      const patched = checkPatched(text, lists);
      expect(patched.match(COMMENT)?.toSorted()).toEqual(text.match(COMMENT)?.toSorted());
      expect(patched.endsWith('\n')).toBe(text.endsWith('\n'));
      // kubectl reads YAML 1.1.
      const documents = parseAllDocuments(patched, { version: '1.1' }).map((each) => JSON.stringify(each));
      expect(sets(Object.assign({}, ...documents.map(listsOf)))).toEqual(expectedLists(text, lists));
      expect(patched.includes('\r')).toBe(text.includes('\r') && text.includes('\n'));
    }),
    runs(800),
  );
});

test('a patched YAML text without brackets has every line that is not ours', () => {
  fc.assert(
    fc.property(objects, choices, wanted, (values, numbers, lists) => {
      const text = styledYaml(values, new Choices(numbers), { onlyBlocks: true });
      const patched = checkPatched(text, lists);
      const others = linesOf(text).filter((line) => line !== '' && !OURS.test(line));
      expect(missingFrom(linesOf(patched), others)).toBeUndefined();
    }),
    runs(400),
  );
});

test('a patched JSON text has the lists, and nothing else differs', () => {
  const indentation = fc.constantFrom(undefined, 1, 2, 4, '\t');
  fc.assert(
    fc.property(objects, indentation, wanted, ([value], indent, lists) => {
      const text = JSON.stringify(value, null, indent);
      const patched = checkPatched(text, lists);
      // The whole text is written as the part that was there.
      expect(JSON.stringify(JSON.parse(patched), null, indent)).toBe(patched);
    }),
    runs(400),
  );
});

test('a JSON patch has the lists', () => {
  fc.assert(
    fc.property(objects, wanted, ([value], lists) => {
      const text = JSON.stringify(value);
      const { body, proposals } = propose(text, lists);
      const { patches, refused } = jsonPatches(body, proposals);
      expect(refused).toEqual([]);
      const whole = patches.map(({ object, operations }) =>
        operations.map((operation) => ({ ...operation, path: `${object}${operation.path}` })),
      );
      const patched = JSON.stringify(patchedBy(value, whole.flat()));
      expect(sets(listsOf(patched))).toEqual(expectedLists(text, lists));
      expect(besidesLists(patched)).toEqual(besidesLists(text));
    }),
    runs(400),
  );
});

test('any text that is read can be patched or is refused, and is never changed in another way', () => {
  fc.assert(
    fc.property(
      objects,
      choices,
      wanted,
      fc.nat(),
      fc.constantFrom('', ' ', '\n', '&a ', '*a1', '# x', '"', '{', '!!str ', '? ', '- ', '<<: *a1\n'),
      (values, numbers, lists, at, piece) => {
        const styled = styledYaml(values, new Choices(numbers), { aliases: true });
        const place = at % (styled.length + 1);
        const text = `${styled.slice(0, place)}${piece}${styled.slice(place)}`;
        const parsed = parseDocuments(text, 'yaml');
        fc.pre(parsed.ok && readWorkloads(parsed.documents, { namespace: 'shop' }).ok);
        const { body, proposals } = propose(text, lists, 'yaml');
        const patched = patchWorkloads(body, proposals);
        if (patched.refused.length === 0)
          expect(sets(listsOf(patched.text))).toEqual(expectedLists(text, lists));
        expect(besidesLists(patched.text)).toEqual(besidesLists(text));
      },
    ),
    runs(400),
  );
});
