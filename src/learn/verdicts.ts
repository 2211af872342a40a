import { compile } from '../compiler/emit/compile.ts';
import { GENERATED_POLICIES } from '../compiler/emit/generated-policies.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { Workload } from '../compiler/model/workload.ts';
import { OWN_POLICIES, type OwnPolicy } from '../events/own-policy.ts';
import { EnforcedBinaries } from './enforced-binaries.ts';
import type { LearnOptions } from './learn-options.ts';
import type { ProposedMount } from './mounts.ts';
import type { Observation } from './observation.ts';
import type { LearntContainer } from './propose.ts';
import { remediesFor } from './stop-remedies.ts';
import { type Stop, stopsOf } from './stops.ts';

/** The verdicts about a policy. */
export const VERDICT_NAMES = ['ready', 'not-ready', 'not-enough-seen', 'no-policy'] as const;

/** A verdict about one policy. */
export type Verdict = (typeof VERDICT_NAMES)[number];

/** What becomes of a workload when a policy is enforced, as far as the events show. */
export const VERDICTS: Readonly<Record<Verdict, string>> = {
  ready: 'Nothing that ran would have been stopped, and enough was seen.',
  'not-ready': 'Something that ran would have been stopped. What to change is said.',
  'not-enough-seen': 'Nothing would have been stopped, but too little was seen to rely on that.',
  'no-policy': 'There is no such policy for the workload, so nothing would be stopped.',
};

/** The policies that there are verdicts about. */
export type JudgedPolicy = Exclude<OwnPolicy, 'baseline'>;

/** What would happen to a workload if one policy were enforced, with the proposed allowlists. */
export interface PolicyVerdict {
  readonly policy: JudgedPolicy;
  readonly verdict: Verdict;
  /** Why the verdict is not `ready`. */
  readonly reasons: readonly string[];
  /** What to change so that it will be. */
  readonly changes: readonly string[];
  readonly stops: readonly Stop[];
  /** Where to mount writable volumes, so that the root filesystem can be read-only. */
  readonly mounts: readonly ProposedMount[];
}

/** A workload with what was learnt of it. */
export interface Evidence {
  /** The workload with the proposed allowlists. */
  readonly workload: Workload;
  readonly containers: readonly LearntContainer[];
  /** How many events the agent says it has dropped. */
  readonly dropped: number;
}

/** A verdict about each of the policies that are generated for a workload. */
export function verdictsOf(evidence: Evidence, options: LearnOptions): PolicyVerdict[] {
  const emitted = emittedPolicies(evidence.workload, options);
  return GENERATED_POLICIES.flatMap(({ name }) => {
    const policy = OWN_POLICIES.find((each) => each === name);
    if (policy === undefined || policy === 'baseline') return [];
    return [judge(policy, emitted.has(policy), evidence, options)];
  });
}

function judge(
  policy: JudgedPolicy,
  isEmitted: boolean,
  evidence: Evidence,
  options: LearnOptions,
): PolicyVerdict {
  if (!isEmitted && policy === 'allow-binaries')
    return { policy, verdict: 'no-policy', reasons: [NO_POLICY[policy]], stops: [], changes: [], mounts: [] };
  const binaries = new EnforcedBinaries(evidence, options);
  const all =
    policy === 'allow-binaries'
      ? { ...binaries.stopped(), mounts: [] }
      : othersStopped(policy, evidence.containers, options);
  const found = withinBounds(all);
  if (!isEmitted) return { policy, verdict: 'no-policy', ...found, reasons: [NO_POLICY[policy]] };
  if (found.stops.length > 0) return { policy, verdict: 'not-ready', ...found };
  const reasons = [
    ...missingEvidence(policy, evidence, options),
    ...(policy === 'allow-binaries' ? [...binaries.unseenActions(), ...binaries.unknownPaths()] : []),
  ];
  return { policy, verdict: reasons.length === 0 ? 'ready' : 'not-enough-seen', ...found, reasons };
}

const NO_POLICY: Readonly<Record<JudgedPolicy, string>> = {
  'allow-binaries':
    'A container of the pod may run any binary, because it asks for that or because its entrypoint is unknown.',
  'block-rootfs-write':
    'No container asks for readOnlyRootFilesystem: true, or another one of the pod gives it up.',
  'block-setuid': 'No container asks for runAsNonRoot: true, or another one of the pod gives it up.',
  'block-capset': 'A container may hold every capability.',
};

/** The policies that are generated for a workload, by the tags of their hooks. */
function emittedPolicies(workload: Workload, { compile: options }: LearnOptions): ReadonlySet<string> {
  const { manifests } = compile(workload, options);
  return new Set(manifests.flatMap(({ spec }) => spec.kprobes.flatMap(({ tags }) => tags)));
}

/** What was found about a policy, before it is known whether enough was seen. */
type Found = Pick<PolicyVerdict, 'stops' | 'changes' | 'mounts' | 'reasons'>;

/** The first of what was found, where there is more than anybody reads: the most frequent of other stops than of binaries. */
function withinBounds({ stops, changes, mounts, reasons }: Found): Found {
  const longest = Math.max(stops.length, changes.length, mounts.length);
  if (longest <= LIMITS.verdictEntries) return { stops, changes, mounts, reasons };
  return {
    stops: stops.slice(0, LIMITS.verdictEntries),
    changes: changes.slice(0, LIMITS.verdictEntries),
    mounts: mounts.slice(0, LIMITS.verdictEntries),
    reasons: [
      ...reasons,
      `There are ${longest} of them, of which the first ${LIMITS.verdictEntries} are listed.`,
    ],
  };
}

function othersStopped(
  policy: Exclude<JudgedPolicy, 'allow-binaries'>,
  containers: readonly LearntContainer[],
  options: LearnOptions,
): Found {
  const observations = containers.flatMap(({ observation }) => observation ?? []);
  const stops = stopsOf(policy, observations, options.compile.unset);
  const total = stops.reduce((sum, stop) => sum + stop.count, 0);
  const reasons = stops.length === 0 ? [] : [`${count(total, 'call')} would be stopped.`];
  return { stops, reasons, ...remediesFor(policy, stops, containers) };
}

/** Why too little was seen to call a policy ready. */
function missingEvidence(
  policy: JudgedPolicy,
  { workload, containers, dropped }: Evidence,
  options: LearnOptions,
): string[] {
  const reasons = containers
    .filter(({ container }) => container.role !== 'ephemeralContainer')
    .flatMap(({ container, observation }) => missingOf(container.name, observation, options));
  if (dropped > 0)
    reasons.push(
      `The agent dropped ${count(dropped, 'event')}, so what ran may be more than what was seen. Raise its rate limit (--cgroup-rate), or export the events of fewer namespaces.`,
    );
  if (policy !== 'allow-binaries' && !options.monitored)
    reasons.push(
      `No event shows whether ${policy} was loaded all the time, because it is quiet when it stops nothing. Look with kubectl get tracingpoliciesnamespaced --namespace ${workload.namespace}, and say so with monitored=true.`,
    );
  return reasons;
}

function missingOf(
  name: string,
  observation: Observation | undefined,
  { minPods, minHours, minStarts }: LearnOptions,
): string[] {
  if (observation === undefined) return [`No event was of the container ${name}.`];
  const { starts, pods, first = '', last = '' } = observation;
  const hours = (Date.parse(last) - Date.parse(first)) / 3_600_000;
  return [
    ...(starts.size < minStarts
      ? [
          `${starts.size === 0 ? 'No start' : `Only ${count(starts.size, 'start')}`} of the container ${name} was seen (minStarts=${minStarts}). Restart the pods while events are recorded.`,
        ]
      : []),
    ...(pods < minPods
      ? [`The container ${name} was seen in ${count(pods, 'pod')} (minPods=${minPods}).`]
      : []),
    ...(hours < minHours
      ? [
          `The container ${name} was seen for ${count(Math.floor(hours * 10) / 10, 'hour')} (minHours=${minHours}).`,
        ]
      : []),
  ];
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
