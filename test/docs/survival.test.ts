import { expect, test } from 'vitest';
import { PUBLIC_IMAGES, PUBLIC_WORKLOADS, type PublicWorkload } from '../support/public-workloads.ts';
import { type Outcome, runUnderPolicies, WAYS } from '../support/survival.ts';
import { codesOf, read, tableOf } from './pages.ts';

const PAGE = 'docs/survival.md';

/** The projects that are applications or samples of them. All others are components of a platform. */
const APPLICATIONS = [
  'example-voting-app',
  'istio-samples',
  'keycloak',
  'kubernetes-docs',
  'kubernetes-examples',
  'microservices-demo',
];

const WAY_NAMES = Object.keys(WAYS);
const RESULTS = PUBLIC_WORKLOADS.map((workload) => ({
  workload,
  outcomes: Object.values(WAYS).map((known) => runUnderPolicies(workload, known)),
}));

function idOf({ project, name }: PublicWorkload): string {
  return `${project}/${name}`;
}

function outcomeBy(way: keyof typeof WAYS, { outcomes }: (typeof RESULTS)[number]): Outcome | undefined {
  return outcomes[WAY_NAMES.indexOf(way)];
}

function countOf(way: number, outcome: Outcome['outcome'], among: typeof RESULTS): number {
  return among.filter(({ outcomes }) => outcomes[way]?.outcome === outcome).length;
}

function survivorsOf(way: number, among: typeof RESULTS): string {
  const count = countOf(way, 'survives', among);
  return `${count} of ${among.length} (${Math.round((count / among.length) * 100)}%)`;
}

function figures(): string[][] {
  return WAY_NAMES.map((name, way) => [
    name,
    survivorsOf(way, RESULTS),
    String(countOf(way, 'dies', RESULTS)),
    String(countOf(way, 'no list', RESULTS)),
  ]);
}

function figuresOfGroups(): string[][] {
  const groups = [false, true].map((isApplication) =>
    RESULTS.filter(({ workload }) => APPLICATIONS.includes(workload.project) === isApplication),
  );
  return WAY_NAMES.map((name, way) => [name, ...groups.map((group) => survivorsOf(way, group))]);
}

function measured(): string[][] {
  const derived = (from: string): number =>
    PUBLIC_IMAGES.filter(({ derivedFrom }) => derivedFrom === from).length;
  const counts = {
    projects: new Set(PUBLIC_WORKLOADS.map(({ project }) => project)).size,
    workloads: PUBLIC_WORKLOADS.length,
    containers: PUBLIC_WORKLOADS.flatMap(({ containers }) => containers).length,
    images: PUBLIC_IMAGES.length,
    'images whose entrypoint is one program, and whose source was searched for others': derived('source'),
    'images whose entrypoint is one program, and whose source was not searched': derived('dockerfile'),
    'images whose entrypoint is a script, which was read': derived('script'),
    'images whose list has gaps': PUBLIC_IMAGES.filter(({ partial }) => partial).length,
  };
  return Object.entries(counts).map(([what, count]) => [what, String(count)]);
}

function everyWorkload(): string[][] {
  return RESULTS.map((result) => [
    `\`${idOf(result.workload)}\``,
    ...result.outcomes.map(({ outcome }) => outcome),
    (outcomeBy('Image configs and a day of events', result)?.missing ?? []).join(' '),
  ]);
}

/** A page with other rows in the table below a heading. */
function withRows(page: string, heading: string, rows: readonly (readonly string[])[]): string {
  const [before, after] = page.split(`## ${heading}\n`);
  const [, head = '', rest = ''] = /^([^|]*\|.*\n\|[ |-]*\n)(?:\|.*\n)*([\s\S]*)$/.exec(after ?? '') ?? [];
  if (head === '') throw new Error(`There is no table below "${heading}".`);
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |\n`.replaceAll('  |', ' |'));
  return `${before}## ${heading}\n${head}${lines.join('')}${rest}`;
}

test('has the figures that come out (vitest -u writes them again)', async () => {
  const tables = {
    Figures: figures(),
    'Platform and applications': figuresOfGroups(),
    'What was measured': measured(),
    'Every workload': everyWorkload(),
  };
  const page = Object.entries(tables).reduce(
    (text, [heading, rows]) => withRows(text, heading, rows),
    read(PAGE),
  );
  await expect(page).toMatchFileSnapshot(`../../${PAGE}`);
});

test('gives a reason for each workload that the configs of its images do not save', () => {
  const failing = RESULTS.filter((result) => outcomeBy('Image configs', result)?.outcome !== 'survives');
  const rows = tableOf(PAGE, 'Why the others fail with the configs of their images');
  expect(rows.flatMap(([, names]) => codesOf(names)).sort()).toEqual(
    failing.map(({ workload }) => idOf(workload)).sort(),
  );
  for (const [why, names] of rows) {
    const outcomes = failing
      .filter(({ workload }) => codesOf(names).includes(idOf(workload)))
      .map((result) => outcomeBy('Image configs', result)?.outcome);
    const expected = why?.startsWith('There is no list') ? 'no list' : 'dies';
    expect(new Set(outcomes), why).toEqual(new Set([expected]));
  }
});
