import type { PublishedSet } from '../publish-set.ts';
import { numbered, type Policy, permit } from './policy-text.ts';

/** A condition that some policies of a set have, which no comparison of an attribute decides. */
export type Condition = 'label' | 'tag' | 'like' | 'if' | 'unless';

/** The forms of conditions. */
export const CONDITIONS: readonly Condition[] = ['label', 'tag', 'like', 'if', 'unless'];

/** The override that a service asks for, and that the policy of its namespace permits. */
export const ASKED = 'allowedBinary:/usr/bin/curl';

/** A workload that asks. */
export interface Asker {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** How many namespaces a set of so many policies has. */
export function namespacesOf(policies: number): number {
  return Math.ceil(policies / 2);
}

/** The workload of this number, in one of the namespaces of a set of so many policies. Each number gives another one. */
export function askerOf(number: number, policies: number): Asker {
  const name = `service-${number}`;
  const labels = { 'app.kubernetes.io/name': name, tier: 'web', track: `track-${number % 100}` };
  return { namespace: `team-${number % namespacesOf(policies)}`, name, labels };
}

/**
 * A set in which one policy permits the services of each namespace what they ask for, and as many permit single services
 * something.
 *
 * @param conditions Of ten policies, one has such a condition in place of a namespace or a service. They take turns.
 */
export function namespaceSet(count: number, conditions: readonly Condition[] = []): PublishedSet {
  const policies = numbered(count, (number, id) => {
    const condition = conditions[Math.floor(number / 10) % conditions.length];
    if (number % 10 === 9 && condition !== undefined) return conditional(id, number, condition);
    const namespace = `team-${Math.floor(number / 2)}`;
    if (number % 2 === 0)
      return permit(
        id,
        'principal',
        `resource == Lattice::SecurityOverride::"${ASKED}"`,
        ` when { principal.namespace == "${namespace}" }`,
      );
    return permit(
      id,
      `principal == Lattice::Service::"${namespace}/worker"`,
      `resource == Lattice::SecurityOverride::"allowedBinary:/opt/worker/bin/tool-${number % 7}"`,
    );
  });
  return { policies: Object.fromEntries(policies) };
}

const WHEN: Readonly<Record<Condition, (number: number) => string>> = {
  label: (number) =>
    ` when { principal.labels.contains({key: "app.kubernetes.io/name", value: "batch-${number}"}) }`,
  tag: (number) =>
    ` when { principal.hasTag("track") && principal.getTag("track") == "canary-${number}" && resource.category == "binary" }`,
  like: (number) => ` when { principal.name like "batch-${number}-*" }`,
  if: (number) =>
    ` when { if principal.kind == "cronjob" then resource.category == "binary" else principal.name == "batch-${number}" }`,
  unless: (number) => ` unless { principal.name != "batch-${number}" || context.implicit }`,
};

function conditional(id: string, number: number, condition: Condition): Policy {
  return permit(id, 'principal', 'resource', WHEN[condition](number));
}
