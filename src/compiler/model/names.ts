import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** The form of an RFC 1123 label. Kubernetes Services, containers and namespaces have such names. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** The message about a name that is no RFC 1123 label. */
export const DNS_LABEL_MESSAGE =
  'Expected at most 63 lower-case letters, digits and hyphens (RFC 1123 label).';

/** A name that is an RFC 1123 label. */
export const NameSchema = z.string().regex(DNS_LABEL, DNS_LABEL_MESSAGE);

/** A name that is an RFC 1123 subdomain, as most Kubernetes objects have. It leaves room for what policy names add. */
export const ObjectNameSchema = z
  .string()
  .max(
    LIMITS.nameLength,
    `A policy name is made of it, so at most ${LIMITS.nameLength} characters are taken.`,
  )
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'Expected lower-case letters, digits, hyphens and dots (RFC 1123 subdomain).',
  );

/** Labels in the form that Kubernetes demands, and no more of them than {@link LIMITS} allows. */
export const LabelsSchema = z
  .record(
    z
      .string()
      .max(317)
      .regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, 'Not a label key.'),
    z
      .string()
      .regex(
        /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
        'Not a label value: at most 63 letters, digits, - _ and .',
      ),
  )
  .refine(
    (labels) => Object.keys(labels).length <= LIMITS.labels,
    `At most ${LIMITS.labels} labels are taken.`,
  );

/** A field that may be left out. Kubernetes reads an explicit null as left out, too. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullable().optional();
}
