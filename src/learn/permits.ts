/**
 * The Cedar permits that workloads need for what was learnt of them, and the tests of these permits, as two files for a
 * policy folder.
 * @module
 */
import type { OverrideRequest, Principal } from '../cedar/override-question.ts';
import { suggestedPermitId, suggestPermit } from '../cedar/suggest-override-permit.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import { workloadId } from '../compiler/model/workload.ts';
import { type FlowStyle, flowText } from './patch/flow-text.ts';

/** An override that a workload asks for and that no policy permits. */
export interface MissingPermit {
  /** Who asks. Its labels are written into the test. */
  readonly principal: Principal;
  readonly override: OverrideRequest;
}

/** What the answer about an override says that a permit could be made for. */
export interface DecidedOverride {
  /** `<namespace>/<name>` of the workload. */
  readonly service: string;
  readonly override: string;
  readonly category: OverrideRequest['category'];
  readonly container?: string | undefined;
  readonly image?: string | undefined;
  readonly implicit: boolean;
  readonly readOnly?: boolean | undefined;
  /** Absent where a permit is not needed, or would not help. */
  readonly suggestedPermit?: string | undefined;
}

/**
 * The permits that decisions suggest. A decision does not tell the kind of its workload: two workloads may share a name,
 * and then the suggested permit tells which one is meant. Labels are kept, because a policy that forbids may read them.
 *
 * @param workloads The workloads that were decided about.
 */
export function missingPermits(
  workloads: readonly Principal[],
  decisions: readonly DecidedOverride[],
): MissingPermit[] {
  const named = Map.groupBy(workloads, workloadId);
  return decisions.flatMap(
    ({ service, override: id, category, container, image, implicit, readOnly, suggestedPermit }) => {
      if (suggestedPermit === undefined) return [];
      const override = { id, category, container, image, implicit, readOnly };
      const principal = named.get(service)?.find((each) => suggestPermit(each, override) === suggestedPermit);
      if (principal === undefined) return [];
      const { namespace, name, kind, labels } = principal;
      return [{ principal: { namespace, name, kind, labels }, override }];
    },
  );
}

/** A permit, and what it is for. */
interface SuggestedPermit extends MissingPermit {
  readonly id: string;
  readonly text: string;
}

const PERMITS_HEAD = `// Permits that Tracewright suggests for what it saw running. Nothing here is permitted before you publish it:
// review each permit, and delete those that you do not want, with their tests.
`;
const TESTS_HEAD = `# Tests of the permits that Tracewright suggests for what it saw running.
`;

/**
 * The suggested permits as Cedar text, each with an `@id`, sorted and without repetitions.
 *
 * @example
 * const principal = { namespace: 'shop', name: 'web', kind: 'service', labels: {} };
 * const override = { id: 'allowedBinary:/bin/sh', category: 'binary', container: 'app', image: undefined, implicit: false };
 * permitsText([{ principal, override }]).split('\n')[3]; // => '@id("permit:shop:web:app:allowedBinary:/bin/sh")'
 */
export function permitsText(missing: readonly MissingPermit[]): string {
  return [PERMITS_HEAD, ...suggested(missing).map(({ text }) => `${text}\n`)].join('\n');
}

/**
 * A test of each suggested permit, as YAML in the form of a policy folder's tests. Where there would be more tests than a
 * version may have, the permits of a container share one.
 */
export function permitTestsText(missing: readonly MissingPermit[]): string {
  const permits = suggested(missing);
  const shared = permits.length > LIMITS.tests;
  const groups = Map.groupBy(permits, (permit) => (shared ? whoOf(permit) : permit.id));
  const byQuestion = Map.groupBy(permits, questionOf);
  const tests = [...groups.values()].flatMap((group) =>
    chunks(group, LIMITS.testOverrides).map((part) => testText(part, byQuestion)),
  );
  return [TESTS_HEAD, ...(tests.length === 0 ? ['[]\n'] : tests)].join(tests.length === 0 ? '' : '\n');
}

/** The permits, sorted by their ids, of which no two are the same. */
function suggested(missing: readonly MissingPermit[]): SuggestedPermit[] {
  const permits = new Map<string, SuggestedPermit>();
  // A service has the shorter text, and keeps the id when a workload of another kind has its name.
  const ordered = missing
    .map((each) => ({ ...each, text: suggestPermit(each.principal, each.override) }))
    .sort((a, b) => a.text.length - b.text.length || compareText(a.text, b.text));
  for (const { principal, override, text } of ordered) {
    const plain = suggestedPermitId(principal, override);
    const twin = permits.get(plain);
    if (twin?.text === text) continue;
    const id = twin === undefined ? plain : `${plain.slice(0, LIMITS.policyId - 64)}:${principal.kind}`;
    permits.set(id, { id, text: suggestPermit(principal, override, id), principal, override });
  }
  return [...permits.values()].sort((a, b) => compareText(a.id, b.id));
}

/** The workload and the container that a permit is for, in words. */
function whoOf({ principal, override: { container } }: MissingPermit): string {
  const workload = `${workloadId(principal)} (${principal.kind})`;
  return container === undefined ? workload : `${workload}, container ${container}`;
}

const STYLE: FlowStyle = { quoted: false, colon: ': ', comma: ', ', lineBreak: '\n', unit: undefined };

/** A test that the policies allow some overrides of one container, and that these permits decide. */
function testText(
  permits: readonly SuggestedPermit[],
  byQuestion: ReadonlyMap<string, readonly SuggestedPermit[]>,
): string {
  const [first] = permits;
  if (first === undefined) return '';
  const { namespace, name, kind, labels } = first.principal;
  const deciding = new Set(
    permits.flatMap((asked) =>
      (byQuestion.get(questionOf(asked)) ?? []).filter((permit) => covers(permit, asked)).map(({ id }) => id),
    ),
  );
  const what = permits.length === 1 ? first.override.id : `${permits.length} overrides`;
  const test = {
    principal: {
      namespace,
      name,
      ...(kind === 'service' ? {} : { kind }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    overrides: permits.map(({ override: { id, container, implicit, readOnly } }) => ({
      id,
      ...(container === undefined ? {} : { container }),
      ...(implicit ? { implicit } : {}),
      ...(readOnly === true ? { readOnly } : {}),
    })),
    expect: { decision: 'allow', policies: [...deciding].toSorted(compareText) },
  };
  const title = `${whoOf(first)}: ${what}`;
  const lines = Object.entries(test).map(([key, value]) => `  ${key}: ${flowText(value, STYLE, '')}`);
  return [`- name: ${JSON.stringify(cut(title))}`, ...lines, ''].join('\n');
}

/** The workload and the override that a permit is for, which no permit leaves out. */
function questionOf({ principal, override }: MissingPermit): string {
  return `${workloadId(principal)} ${override.id}`;
}

/** Whether a permit for the same workload and override permits what is asked: it may leave out the rest. */
function covers({ principal, override }: MissingPermit, asked: MissingPermit): boolean {
  return (
    (principal.kind === 'service' || asked.principal.kind === principal.kind) &&
    (override.container === undefined || asked.override.container === override.container) &&
    (override.implicit || !asked.override.implicit) &&
    (override.readOnly !== true || asked.override.readOnly === true)
  );
}

/** The name of a test has at most 200 characters. */
function cut(title: string): string {
  return title.length <= 200 ? title : `${title.slice(0, 199).toWellFormed()}…`;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
