import { GENERATED_POLICIES, MERGED_POLICY } from '../compiler/emit/generated-policies.ts';
import {
  formerPolicyName,
  kindOfWord,
  type NamedWorkload,
  policyName,
} from '../compiler/emit/policy-names.ts';
import { selects } from '../compiler/model/label-selector.ts';
import { ObjectNameSchema } from '../compiler/model/names.ts';
import { WORKLOAD_KINDS, type Workload, type WorkloadKind } from '../compiler/model/workload.ts';
import type { Blocked } from './blocked.ts';
import { isShared } from './own-policy.ts';
import type { EventPod } from './tetragon-event.ts';

/** The service whose policy an event is of. */
export interface EventService {
  readonly namespace: string;
  readonly name: string;
  /** Its kind, as Cedar policies see it. */
  readonly kind: string;
  /** Whether the kind is certain. It is not where workloads of several kinds have policies of one name. */
  readonly isKindKnown: boolean;
  /**
   * What the service is known by: a workload of the request, the message, the name of the policy (where the message was
   * cut off), or what the agent knows of the pod.
   */
  readonly knownBy: 'workload' | 'message' | 'policy-name' | 'pod';
  /** The workload of the request. */
  readonly workload: Workload | undefined;
}

/** The service of an event; `contradictory` where the policy cannot have its name, and undefined where nothing tells. */
export type FoundService = EventService | 'contradictory' | undefined;

/**
 * Finds the services of events. The name of a policy is derived from its workload, so it tells whether a name is the right
 * one, and which kind of workload has it, even where the message was cut off. A policy of the whole cluster names no
 * service; then the pod tells it.
 */
export class ServiceFinder {
  readonly #workloads: readonly Workload[];
  /** The workloads by the namespace and the name of each policy that they may have. */
  readonly #byPolicy = new Map<string, Workload>();

  /** @param workloads The workloads of the request. */
  constructor(workloads: readonly Workload[]) {
    this.#workloads = workloads;
    for (const workload of workloads) {
      for (const container of [undefined, ...workload.containers.map(({ name }) => name)]) {
        for (const policy of POLICIES)
          this.#byPolicy.set(
            `${workload.namespace}/${policyName({ policy, workload, container })}`,
            workload,
          );
      }
    }
  }

  /**
   * The service of an event.
   *
   * @param pod The pod of the process; undefined when the event has none.
   */
  find(blocked: Blocked, pod: EventPod | undefined): FoundService {
    const { namespace, policy, policyName: name, service } = blocked;
    if (namespace === undefined) return undefined;
    const near = this.#workloads.filter((workload) => workload.namespace === namespace);
    if (policy === 'baseline' || isShared(name, policy)) return ofPod(namespace, pod, near);
    const exact = this.#byPolicy.get(`${namespace}/${name}`);
    if (exact === undefined) return ofName(blocked, namespace, pod, near);
    return service === undefined || service === exact.name ? ofWorkload(exact) : 'contradictory';
  }
}

/** The policies that a manifest of one workload is named after. */
const POLICIES = [...GENERATED_POLICIES.map(({ name }) => name), MERGED_POLICY];

function ofWorkload(workload: Workload): EventService {
  const { namespace, name, kind } = workload;
  return { namespace, name, kind, isKindKnown: true, knownBy: 'workload', workload };
}

/** The kinds of workloads that share a policy name: those of Lattice have no kind in it. */
const FORMS: readonly Form[] = [
  { dialect: 'lattice', kind: 'service', suffix: '' },
  ...WORKLOAD_KINDS.map((kind) => ({ dialect: 'kubernetes' as const, kind, suffix: '' })),
];

/** What a policy name says of a workload besides its name. */
type Form = Pick<NamedWorkload, 'dialect' | 'kind' | 'suffix'>;

/**
 * What a policy name says of a workload of a kind with a group: the kind after `---`, and before that what the name of
 * the workload adds to that of its object. Where the name ends in a hash, the latter is not known.
 */
function groupForms(policyName: string, name: string): Form[] {
  const [, part = '', word] = /^.*?(?:--(.*))?---([a-z0-9-]+?)(?:--.*)?$/.exec(policyName) ?? [];
  if (word === undefined) return [];
  const form = { dialect: 'kubernetes' as const, kind: kindOfWord(word) };
  const suffix = part !== '' && name.endsWith(`-${part}`) ? `-${part}` : '';
  return [...new Set([suffix, ''])].map((each) => ({ ...form, suffix: each }));
}

/** The service of a policy of its own, by the name in the message or, where that was cut off, by those of the pod. */
function ofName(
  blocked: Blocked,
  namespace: string,
  pod: EventPod | undefined,
  near: readonly Workload[],
): FoundService {
  const { service } = blocked;
  const knownBy = service === undefined ? 'policy-name' : 'message';
  for (const name of service === undefined ? namesOf(pod) : [service]) {
    const form = [...FORMS, ...groupForms(blocked.policyName, name)].find((each) =>
      hasName(blocked, { ...each, namespace, name }),
    );
    if (form?.dialect === 'kubernetes')
      return { namespace, name, kind: form.kind, isKindKnown: true, knownBy, workload: undefined };
    if (form === undefined && !hasFormerName(blocked, namespace, name) && !isUncheckable(blocked)) continue;
    const [only, ...others] = near.filter((workload) => workload.name === name);
    // An earlier release named the policies of all kinds alike.
    if (blocked.policySet === undefined && only !== undefined && others.length === 0) return ofWorkload(only);
    return { namespace, name, kind: 'service', isKindKnown: false, knownBy, workload: undefined };
  }
  return service === undefined ? undefined : 'contradictory';
}

/** Whether no name can be checked, because the container that the name of the policy ends in is unknown. */
function isUncheckable({ service, confined, container }: Blocked): boolean {
  return service !== undefined && confined !== false && container === undefined;
}

/** Whether the policy has the name that it would have if it were of this workload, or of this container of it. */
function hasName({ policy, policyName: given, container }: Blocked, workload: NamedWorkload): boolean {
  const own = [policy, MERGED_POLICY].filter((each) => given.startsWith(`${each}-`));
  return own.some((each) =>
    [undefined, container].some((only) => policyName({ policy: each, workload, container: only }) === given),
  );
}

/** Whether the policy has the name that an earlier release gave to the policies of workloads of any kind. */
function hasFormerName({ policy, policyName: given }: Blocked, namespace: string, name: string): boolean {
  const workload = { dialect: 'lattice' as const, kind: 'service', namespace, name, suffix: '' };
  return [policy, MERGED_POLICY].some(
    (each) => formerPolicyName({ policy: each, workload, container: undefined }) === given,
  );
}

/** The service of a policy that many share, by its pod. */
function ofPod(
  namespace: string,
  pod: EventPod | undefined,
  near: readonly Workload[],
): EventService | undefined {
  if (pod === undefined) return undefined;
  const owner = ownerOf(pod);
  const selecting = near.filter(
    ({ podSelector }) => podSelector !== undefined && selects(podSelector, pod.labels),
  );
  const named = near.filter(({ name, kind }) => name === owner?.name && kind === owner.kind);
  const [only, ...others] = selecting.length > 0 ? selecting : named;
  if (only !== undefined && others.length === 0) return ofWorkload(only);
  const [name] = namesOf(pod);
  if (name === undefined) return undefined;
  const kind = owner?.kind ?? 'service';
  return { namespace, name, kind, isKindKnown: false, knownBy: 'pod', workload: undefined };
}

/** The label that Lattice gives to the pods of a service. */
const NAME_LABEL = 'app.kubernetes.io/name';

/** The names that the service of a pod may have, the likeliest first. */
function namesOf(pod: EventPod | undefined): string[] {
  const names = [pod?.workload, pod?.labels[NAME_LABEL], pod?.labels.app];
  return [...new Set(names)].filter((name): name is string => ObjectNameSchema.safeParse(name).success);
}

/** The workload that the agent derives from the owner of a pod; undefined when its kind is none that is compiled. */
function ownerOf(
  pod: EventPod | undefined,
): { readonly name: string; readonly kind: WorkloadKind } | undefined {
  const kind = WORKLOAD_KINDS.find((each) => each === pod?.workloadKind.toLowerCase());
  return pod === undefined || kind === undefined ? undefined : { name: pod.workload, kind };
}
