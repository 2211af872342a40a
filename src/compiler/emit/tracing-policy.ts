/**
 * Schemas of the part of Tetragon's TracingPolicy (`cilium.io/v1alpha1`) that is generated. They hold the limits that the
 * agent enforces, and some that it does not. Source: the CRDs of Tetragon, and `docs/manifests.md`.
 * @module
 */
import { z } from 'zod';
import { LabelSelectorSchema } from '../model/label-selector.ts';
import { EXAMPLE_KPROBE, isOverriding, KprobeSchema } from './kprobe.ts';

const EXAMPLE_POLICY = {
  apiVersion: 'cilium.io/v1alpha1',
  kind: 'TracingPolicyNamespaced',
  metadata: { name: 'block-capset-web', namespace: 'shop', labels: {} },
  spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'web' } }, kprobes: [EXAMPLE_KPROBE] },
};

const SpecSchema = z
  .strictObject({
    podSelector: LabelSelectorSchema,
    containerSelector: LabelSelectorSchema.optional(),
    options: z
      .array(
        z.union([
          z.strictObject({ name: z.literal('policy-mode'), value: z.literal('monitor') }),
          z.strictObject({ name: z.literal('disable-kprobe-multi'), value: z.literal('1') }),
        ]),
      )
      .min(1)
      .max(2)
      .optional(),
    kprobes: z.array(KprobeSchema).min(1),
  })
  .refine(
    ({ kprobes }) => new Set(kprobes.map(({ call }) => call)).size === kprobes.length,
    'A symbol may be hooked once in a policy.',
  )
  .refine(
    ({ options = [] }) => new Set(options.map(({ name }) => name)).size === options.length,
    'An option may be given once.',
  )
  .refine(
    ({ kprobes, options = [] }) =>
      options.some(({ name }) => name === 'disable-kprobe-multi') === kprobes.some(isOverriding),
    'A hook is overridden by a link of its own: disable-kprobe-multi belongs to Override, and to nothing else.',
  )
  .meta({
    id: 'TracingPolicySpec',
    description: 'The pods and the hooks of a policy.',
    examples: [{ podSelector: { matchLabels: { app: 'web' } }, kprobes: [EXAMPLE_KPROBE] }],
  });

/**
 * An RFC 1123 subdomain without dots. The agent pins a policy under its name in the BPF filesystem, where names have no
 * dots.
 */
const PolicyNameSchema = z
  .string()
  .max(251)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const labels = z.record(z.string(), z.string());
const apiVersion = z.literal('cilium.io/v1alpha1');
/** A policy of one namespace. */
const TracingPolicyNamespacedSchema = z
  .strictObject({
    apiVersion,
    kind: z.literal('TracingPolicyNamespaced'),
    metadata: z.strictObject({
      name: PolicyNameSchema,
      namespace: z.string().min(1).max(63),
      labels,
      annotations: labels.optional(),
    }),
    spec: SpecSchema,
  })
  .refine(
    ({ metadata: { namespace, name } }) => namespace.length + 1 + name.length <= 251,
    'The agent cannot pin a policy whose namespace and name are longer than 251 bytes together.',
  )
  .meta({
    id: 'TracingPolicyNamespaced',
    description: 'A Tetragon policy for pods of one namespace.',
    examples: [EXAMPLE_POLICY],
  });

/** A policy of the whole cluster. */
export const TracingPolicySchema = z
  .strictObject({
    apiVersion,
    kind: z.literal('TracingPolicy'),
    metadata: z.strictObject({ name: PolicyNameSchema, labels, annotations: labels.optional() }),
    spec: SpecSchema,
  })
  .meta({
    id: 'TracingPolicy',
    description: 'A Tetragon policy for pods of the whole cluster.',
    examples: [
      {
        apiVersion: 'cilium.io/v1alpha1',
        kind: 'TracingPolicy',
        metadata: { name: 'lattice-block-capset-none', labels: {} },
        spec: {
          podSelector: { matchLabels: { 'lattice.dev/allowed-capabilities': 'none' } },
          kprobes: [EXAMPLE_KPROBE],
        },
      },
    ],
  });

/** A policy of Tetragon, of either kind. */
export const ManifestSchema = z
  .discriminatedUnion('kind', [TracingPolicyNamespacedSchema, TracingPolicySchema])
  .meta({
    id: 'Manifest',
    description: 'A Tetragon policy, namespaced or of the cluster.',
    examples: [EXAMPLE_POLICY],
  });

/** A policy of Tetragon for the whole cluster. */
export type TracingPolicy = z.output<typeof TracingPolicySchema>;
/** A policy of Tetragon for one namespace. */
export type TracingPolicyNamespaced = z.output<typeof TracingPolicyNamespacedSchema>;
/** A policy of Tetragon, of either kind. */
export type Manifest = z.output<typeof ManifestSchema>;
