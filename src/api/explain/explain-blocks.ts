import type { Decision } from '../../cedar/decide-overrides.ts';
import { type OverrideRequest, type Principal, toOverrideRequest } from '../../cedar/override-question.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import { type Container, type Workload, workloadId } from '../../compiler/model/workload.ts';
import { outcomeWords, processNotes } from '../../events/block-words.ts';
import { type Remedies, type Remedy, remediesOf } from '../../events/remedies.ts';
import { changesFor } from '../../events/workload-change.ts';
import { toDecisionAnswer } from '../../http/decision-answer.ts';
import { visibleText } from '../../http/visible-text.ts';
import { decideByVersion } from '../../judgement/decide-by-version.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import { actionAnswer } from './action-answer.ts';
import type { SentWorkloads } from './explain-body.ts';
import type { ChangeAnswer, ExplanationAnswer, RemedyAnswer } from './explanation-schema.ts';
import type { Block } from './group-blocks.ts';
import { WorkloadAsks } from './workload-asks.ts';

/** A block with what ends it, before Cedar is asked. */
interface OpenBlock {
  readonly block: Block;
  readonly workload: Workload | undefined;
  readonly container: Container | undefined;
  readonly found: Remedies;
}

/** What all explanations of a request share. */
interface Context {
  readonly body: SentWorkloads | undefined;
  readonly version: ResolvedVersion;
  readonly asks: WorkloadAsks;
}

/**
 * Explains blocks. Cedar is asked about every override that would end one of them.
 *
 * @param body The workloads of the request; undefined when there are none.
 * @throws Problem `policy-set-corrupt`, `invalid-request`
 */
export async function explainBlocks(
  blocks: readonly Block[],
  body: SentWorkloads | undefined,
  version: ResolvedVersion,
): Promise<ExplanationAnswer[]> {
  const open = blocks.map((block): OpenBlock => {
    const workload = block.service?.workload;
    const container = workload?.containers.find(({ name }) => name === block.blocked.container);
    return { block, workload, container, found: remediesOf(block.blocked, { workload, container }) };
  });
  const requests = open.map((each) => ({ principal: principalOf(each), overrides: overridesOf(each) }));
  const asked = requests.flatMap(({ principal, overrides }) =>
    principal === undefined ? [] : [{ principal, overrides }],
  );
  const context: Context = { body, version, asks: new WorkloadAsks() };
  const decided = (await decideByVersion(version, asked)).values();
  return open.map((each, index) => {
    const decisions = requests[index]?.principal === undefined ? [] : (decided.next().value ?? []);
    return explanation(each, decisions, context);
  });
}

/** The service as Cedar policies see it. Without its workload, its labels are unknown. */
function principalOf({ block: { service } }: OpenBlock): Principal | undefined {
  if (service === undefined) return undefined;
  const { namespace, name, kind, workload } = service;
  return workload ?? { namespace, name, kind, labels: {} };
}

function overridesOf({ block, container, found }: OpenBlock): OverrideRequest[] {
  const { event, blocked } = block;
  const image = container?.image ?? imageName(event.process.pod?.container?.image);
  return found.remedies.flatMap(({ override }) =>
    override === undefined ? [] : [{ ...toOverrideRequest(override), container: blocked.container, image }],
  );
}

/** The image of an event, if it can be the name of one: an event that was made up may have any text. */
function imageName(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= LIMITS.imageLength && /^[!-~]+$/.test(text) ? text : undefined;
}

function explanation(
  open: OpenBlock,
  decisions: readonly Decision<OverrideRequest>[],
  context: Context,
): ExplanationAnswer {
  const { block, found } = open;
  const { blocked, service, event } = block;
  const { pod } = event.process;
  return {
    summary: shown(block.summary),
    outcome: outcomeWords(blocked),
    policy: blocked.policy,
    policyName: shown(blocked.policyName),
    mode: blocked.mode,
    ...(service === undefined
      ? {}
      : {
          service: {
            namespace: service.namespace,
            name: service.name,
            kind: service.kind,
            knownBy: service.knownBy,
          },
        }),
    ...(blocked.container === undefined ? {} : { container: blocked.container }),
    ...(pod === undefined || pod.name === '' ? {} : { pod: shown(pod.name) }),
    ...(blocked.policySet === undefined ? {} : { permittedBy: { ...blocked.policySet } }),
    blocked: actionAnswer(blocked.action),
    process: {
      binary: shown(event.process.binary),
      ...(event.parent === undefined ? {} : { parent: shown(event.parent.binary) }),
    },
    count: block.count,
    first: event.time,
    last: block.last,
    line: block.place,
    remedies: found.remedies.map((remedy) => remedyAnswer(open, remedy, decisions, context)),
    notes: [
      ...found.notes,
      ...processNotes(event.process),
      ...questionNotes(open, decisions, context.version),
    ].map(shown),
  };
}

function remedyAnswer(
  open: OpenBlock,
  remedy: Remedy,
  decisions: readonly Decision<OverrideRequest>[],
  { body, asks }: Context,
): RemedyAnswer {
  const { block, workload } = open;
  const decision = decisions.find(({ override }) => override.id === remedy.override);
  const service = block.service === undefined ? undefined : workloadId(block.service);
  return {
    words: shown(remedy.words),
    ...(decision === undefined || service === undefined
      ? {}
      : { decision: toDecisionAnswer(service, decision, undefined) }),
    ...(workload === undefined || remedy.override === undefined
      ? {}
      : { inWorkload: asks.has(workload, block.blocked, remedy.override) }),
    changes: changeAnswers(open, remedy, body),
  };
}

function changeAnswers(
  { workload, container }: OpenBlock,
  { needs }: Remedy,
  body: SentWorkloads | undefined,
): ChangeAnswer[] {
  if (workload === undefined || container === undefined || needs === undefined || body === undefined)
    return [];
  const { document } = workload.source;
  const has = (path: Path): boolean => body.has(document, path);
  return changesFor({ workload, container, has }, needs).map(({ how, snippet, path }) => ({
    how,
    snippet,
    document,
    pointer: toPointer(path),
    ...body.locate(document, path),
  }));
}

function questionNotes(
  { block: { service, blocked }, found }: OpenBlock,
  decisions: readonly Decision<OverrideRequest>[],
  { name, version }: ResolvedVersion,
): string[] {
  const notes: string[] = [];
  const { policySet } = blocked;
  if (policySet !== undefined && policySet.name !== name)
    notes.push(
      `The manifest was permitted by the policy set ${policySet.name}, and the decisions here are by ${name} version ${version}: ask with policySet=${policySet.name}.`,
    );
  if (service === undefined && found.remedies.length > 0)
    notes.push('Nothing tells which service it is, so Cedar was not asked. Send the workload too.');
  if (decisions.length === 0) return notes;
  if (service?.workload === undefined)
    notes.push(
      'The event does not tell the labels of the workload, so policies about labels have decided as if it had none. Send the workload too.',
    );
  if (service?.isKindKnown === false)
    notes.push(`The event does not tell the kind of the workload, which is taken to be ${service.kind}.`);
  if (decisions.some(({ decision }) => decision === 'allow'))
    notes.push(
      'What Cedar permits takes effect when the workload asks for it, is compiled again, and its manifests are applied.',
    );
  return notes;
}

/** The most characters of a text of an event that an answer repeats. */
const LONGEST = 4_096;

/** A text for an answer: every character of it is visible, and it is of bounded length. */
function shown(text: string): string {
  return visibleText(text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
}
