import { MANAGED_BY } from '../model/managed-by.ts';
import { member } from './mapping.ts';

/**
 * Why an object may not stand in a body, or undefined if it may: a Tetragon policy with a name or a label of ours
 * could replace, in the cluster, one that we answer with.
 *
 * @param ownNames What the names of our policies begin with.
 */
export function ownPolicyProblem(
  apiVersion: string,
  kind: string,
  value: unknown,
  ownNames: readonly string[],
): string | undefined {
  if (!apiVersion.startsWith('cilium.io/') || !/^TracingPolicy(Namespaced)?$/.test(kind)) return undefined;
  const metadata = member(value, 'metadata');
  const labels = member(metadata, 'labels');
  if (Object.entries(MANAGED_BY).some(([key, managed]) => member(labels, key) === managed)) {
    return `This ${kind} says that it is one of ours. Policies are answered, not taken: leave out what an earlier compilation has written.`;
  }
  const name = member(metadata, 'name');
  return typeof name === 'string' && ownNames.some((own) => name.startsWith(`${own}-`))
    ? `A ${kind} of the name ${name.slice(0, 253)} could take the place of one that we answer with. Give it a name that does not begin like ours.`
    : undefined;
}
