import { z } from 'zod';
import { LabelsSchema, NameSchema, ObjectNameSchema, optional } from '../../model/names.ts';
import type { Controller } from '../../model/workload.ts';
import { entries } from '../mapping.ts';
import type { Report } from '../report.ts';

const AnnotationsSchema = z.record(z.string().max(317), z.string());

/** What is read of the metadata of any Kubernetes object. */
export const MetadataSchema = z
  .looseObject({
    name: optional(ObjectNameSchema).meta({ description: 'Its name.', examples: ['web'] }),
    generateName: optional(z.string().max(253)).meta({
      description: 'What its name begins with, when the cluster makes it.',
      examples: ['migrate-'],
    }),
    namespace: optional(NameSchema).meta({
      description: 'Its namespace. Left out, it is that of the parameter `namespace`.',
      examples: ['shop'],
    }),
    labels: optional(LabelsSchema).meta({
      description: 'Its labels, visible to Cedar policies.',
      examples: [{ 'app.kubernetes.io/name': 'web' }],
    }),
    annotations: optional(AnnotationsSchema).meta({
      description: 'Its annotations.',
      examples: [{ 'example.org/owner': 'shop' }],
    }),
  })
  .meta({
    id: 'ObjectMeta',
    description: 'Name, namespace, labels and annotations of a Kubernetes object.',
    examples: [{ name: 'web', namespace: 'shop' }],
  });

/** What is read of the metadata of a Kubernetes object. */
export type ObjectMeta = z.output<typeof MetadataSchema>;

/**
 * The name and the namespace of an object, on which authorization depends.
 *
 * @param fallback The namespace of an object that has none.
 * @returns Undefined when one of them is missing, which is reported as a fault.
 */
export function identify(
  report: Report,
  metadata: ObjectMeta,
  fallback: string | undefined,
): { readonly name: string; readonly namespace: string } | undefined {
  // The cluster adds a suffix to generateName, and takes only 58 characters of a long one. That beginning is what
  // the names of all objects made of it have in common.
  const name = metadata.name ?? metadata.generateName?.slice(0, 58).replace(/[-.]+$/, '');
  const namespace = metadata.namespace ?? fallback;
  if (name === undefined || !ObjectNameSchema.safeParse(name).success)
    report.fault(['metadata', 'name'], 'Expected a name: authorization depends on it.');
  if (namespace === undefined) {
    report.fault(
      ['metadata', 'namespace'],
      'Expected a namespace: authorization depends on it. Write it here, or give the parameter namespace for all that leave it out.',
    );
  }
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

const OwnerSchema = z.looseObject({
  apiVersion: z.string().catch(''),
  kind: z.string(),
  name: z.string(),
  controller: z.literal(true),
});

/** The controller that made an object, as its owner references say; undefined when no controller did. */
export function controllerOf({ ownerReferences }: ObjectMeta): Controller | undefined {
  for (const [, reference] of entries(ownerReferences)) {
    const owner = OwnerSchema.safeParse(reference);
    if (owner.success) return { kind: kindOf(owner.data), name: owner.data.name };
  }
  return undefined;
}

/** The API groups whose kinds Cedar policies know without a group. */
const BUILT_IN_GROUPS = ['', 'apps', 'batch'];

function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  const [group = '', version] = apiVersion.split('/');
  const named = version === undefined || BUILT_IN_GROUPS.includes(group) ? kind : `${kind}.${group}`;
  return named.toLowerCase();
}
