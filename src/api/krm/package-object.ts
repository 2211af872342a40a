import { z } from 'zod';
import { MANAGED_BY } from '../../compiler/model/managed-by.ts';

const MetadataSchema = z.looseObject({
  name: z.string().optional(),
  namespace: z.string().nullable().optional(),
  labels: z.record(z.string(), z.string()).nullable().optional(),
  annotations: z.record(z.string(), z.string()).nullable().optional(),
});
const ObjectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: MetadataSchema });
type KubernetesObject = z.output<typeof ObjectSchema>;

/** Reads the identity of an object of a package; undefined when the value is no Kubernetes object. */
export function objectOf(value: unknown): KubernetesObject | undefined {
  const parsed = ObjectSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const [MANAGED_LABEL, MANAGED_VALUE] = Object.entries(MANAGED_BY)[0] ?? ['', ''];

/** Whether an object is a policy that an earlier run added. The baseline names no policy set, so it is none. */
export function isOurs(value: unknown): boolean {
  const { apiVersion, kind, metadata } = objectOf(value) ?? {};
  return (
    apiVersion === 'cilium.io/v1alpha1' &&
    (kind === 'TracingPolicy' || kind === 'TracingPolicyNamespaced') &&
    metadata?.labels?.[MANAGED_LABEL] === MANAGED_VALUE &&
    metadata.annotations?.['lattice.dev/policy-set'] !== undefined
  );
}
