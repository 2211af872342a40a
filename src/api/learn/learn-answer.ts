import { compareText } from '../../compiler/model/ordered.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import type { EventCounts } from '../../events/event-reader.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import { visibleText } from '../../http/visible-text.ts';
import type { NoticeAnswer } from '../../judgement/notice-answer.ts';
import { versionAnswer } from '../../judgement/resolve-version.ts';
import { type LearntWorkload, parentsOf } from '../../learn/learn.ts';
import { SET_ASIDE, type SetAside } from '../../learn/observer.ts';
import type { RefusedProposal } from '../../learn/patch/proposal.ts';
import type { LearntBinary, LearntContainer } from '../../learn/propose.ts';
import type { PolicyVerdict } from '../../learn/verdicts.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import type { LearnAnswer } from './learn-schema.ts';

/** Everything that an answer is made of. */
export interface LearnOutcome {
  readonly version: ResolvedVersion;
  readonly counts: EventCounts;
  readonly setAside: SetAside;
  readonly learnt: readonly LearntWorkload[];
  /** The proposals that cannot be written into the text that was sent. */
  readonly refused: readonly RefusedProposal[];
  readonly decisions: readonly DecisionAnswer[];
  readonly notices: readonly NoticeAnswer[];
}

/** The most binaries that an answer names as those that started another one. */
const PARENTS = 10;

/** Why lines are not read as events. */
const UNREAD = {
  'not-json':
    'No JSON, so no event. Write events with tetra getevents -o json, or send the export file of the agent.',
  'not-an-event': 'JSON, but no event of Tetragon.',
  'other-event': 'An event of another kind, or of a newer release of Tetragon. Learning needs none of them.',
  incomplete: 'An event without its process, its binary or its time.',
  'too-long': 'A line that is longer than an event can be.',
} as const satisfies Record<keyof EventCounts['unread'], string>;

/** The JSON answer of `POST /learn`. */
export function learnAnswer(outcome: LearnOutcome): LearnAnswer {
  const { version, counts, setAside, learnt, decisions, notices } = outcome;
  const { unread, ...read } = counts;
  return {
    policySet: versionAnswer(version),
    events: { ...read, unread: byReason(unread, UNREAD), setAside: byReason(setAside, SET_ASIDE) },
    services: learnt.map(({ workload, containers, policies }) => ({
      service: workloadId(workload),
      kind: workload.kind,
      containers: containers.map((each) => containerAnswer(each, outcome.refused)),
      policies: policies.map(verdictAnswer),
    })),
    decisions: [...decisions],
    notices: [...notices],
  };
}

function byReason<K extends string>(
  counts: Readonly<Record<K, number>>,
  messages: Readonly<Record<K, string>>,
): LearnAnswer['events']['unread'] {
  return Object.entries<string>(messages).flatMap(([reason, message]) => {
    const count = Object.entries<number>(counts).find(([key]) => key === reason)?.[1] ?? 0;
    return count === 0 ? [] : [{ reason, message, count }];
  });
}

function containerAnswer(
  { container, observation, binaries, proposal }: LearntContainer,
  refused: readonly RefusedProposal[],
): LearnAnswer['services'][number]['containers'][number] {
  const refusal = refused.find((each) => each.proposal.container === container);
  return {
    container: container.name,
    ...(container.image === undefined ? {} : { image: container.image }),
    pods: observation?.pods ?? 0,
    starts: observation?.starts.size ?? 0,
    ...(observation?.first === undefined ? {} : { first: observation.first }),
    ...(observation?.last === undefined ? {} : { last: observation.last }),
    binaries: binaries.map(binaryAnswer),
    ...(proposal === undefined
      ? {}
      : { allowedBinaries: [...proposal.allowedBinaries], added: [...proposal.added] }),
    ...(refusal === undefined ? {} : { refused: refusal.reason }),
  };
}

function binaryAnswer({
  path,
  status,
  seen,
  classes,
  unlistable,
  proposed,
}: LearntBinary): LearnAnswer['services'][number]['containers'][number]['binaries'][number] {
  const parents = parentsOf(seen?.parents ?? new Map()).slice(0, PARENTS);
  return {
    path: visibleText(path),
    files: [...(seen?.resolved ?? [])].sort(compareText).map(visibleText),
    status,
    runs: seen?.runs ?? 0,
    stopped: seen?.stopped ?? 0,
    pods: seen?.pods.size ?? 0,
    ...(seen === undefined ? {} : { first: seen.first, last: seen.last }),
    parents: parents.map(({ binary, runs }) => ({ binary: visibleText(binary), runs })),
    classes: classes.map((each) => ({ class: each.class, reason: visibleText(each.reason) })),
    ...(unlistable === undefined ? {} : { unlistable: visibleText(unlistable) }),
    proposed,
  };
}

function verdictAnswer({
  policy,
  verdict,
  reasons,
  changes,
  stops,
  mounts,
}: PolicyVerdict): LearnAnswer['services'][number]['policies'][number] {
  return {
    policy,
    verdict,
    reasons: reasons.map(visibleText),
    changes: changes.map(visibleText),
    stops: stops.map(({ container, what, count, first, last, binaries, directory, capabilities }) => ({
      container,
      what: visibleText(what),
      count,
      first,
      last,
      binaries: binaries.map(visibleText),
      ...(directory === undefined ? {} : { directory: visibleText(directory) }),
      ...(capabilities === undefined ? {} : { capabilities: [...capabilities] }),
    })),
    mounts: mounts.map(({ container, mountPath }) => ({ container, mountPath: visibleText(mountPath) })),
  };
}
