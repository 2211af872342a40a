/**
 * The kinds of workloads that a policy set adds to those that are read anyway, as its settings have them.
 * @module
 */
import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { LabelsSchema } from './names.ts';
import { pathProblem } from './paths.ts';

/** How many versions, places of pods and excused places one kind may have. */
const MOST_PLACES = 10;

/** Keys separated by dots, each of which may be followed by `[]` for each item of a list or `{}` for each member. */
const PATH = /^[A-Za-z_][A-Za-z0-9_-]*(\[\]|\{\})?(\.[A-Za-z_][A-Za-z0-9_-]*(\[\]|\{\})?)*$/;
/** What stands for itself in a name, and placeholders. */
const SUFFIX =
  /^-([a-z0-9-]|\{(key|index|object\.name|object\.namespace|item(\.[A-Za-z0-9_-]+)+)(\|lower)?\})+$/;

const PathSchema = z
  .string()
  .max(LIMITS.kindPath, `A path has at most ${LIMITS.kindPath} characters.`)
  .regex(
    PATH,
    'Expected keys from the root of the object, separated by dots; [] after a key is each item of a list, {} each member of a mapping: spec.groups[].template',
  )
  .refine(
    (path) => !/^(metadata|status|apiVersion|kind|items)\b/.test(path),
    'No pods are described there: expected a path that begins at another field, such as spec.',
  );

const SelectorSchema = z
  .union([
    z.literal('template'),
    z.literal('labels'),
    z.strictObject({ beside: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/) }),
    z.strictObject({ labelsBeside: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/) }),
  ])
  .default('template')
  .meta({
    description:
      'What selects the pods: `template`, the labels of the pod template; `labels`, the labels of the row, which the controller sets; `{beside}`, a label selector in the field of this name beside the template; `{labelsBeside}`, labels there.',
    examples: ['template', { beside: 'selector' }],
  });

const TextsSchema = z.array(z.string().min(1).max(LIMITS.kindPath)).max(MOST_PLACES);

const BinarySchema = z.string().superRefine((path, context) => {
  const problem = pathProblem(path);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `The path ${problem}.` });
});

const PodsSchema = z
  .strictObject({
    at: PathSchema.meta({
      description: 'Where the pods are described, from the root of the object.',
      examples: ['spec.groups[].template'],
    }),
    shape: z
      .enum(['template', 'podSpec'])
      .default('template')
      .meta({
        description: 'What stands there: a pod template, or the spec of a pod.',
        examples: ['template'],
      }),
    suffix: z
      .string()
      .max(63)
      .regex(
        SUFFIX,
        'Expected a hyphen, then lower-case letters, digits, hyphens, and placeholders such as {key}, {index} or {item.name}.',
      )
      .optional()
      .meta({
        description:
          "What the name of the workload adds to that of the object; `{key}`, `{index}` and `{item.<field>}` are of the innermost list or mapping of `at`. None: the workload has the object's name.",
        examples: ['-{item.name}'],
      }),
    selector: SelectorSchema,
    labels: LabelsLikeSchema().optional(),
    fields: TextsSchema.optional().meta({
      description: "Fields that the kind adds to those of a pod's spec.",
      examples: [['concurrency']],
    }),
    containerName: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
      .optional()
      .meta({ description: 'The name that the kind gives to a container without one.', examples: ['main'] }),
    adds: z
      .strictObject({
        binaries: z
          .array(BinarySchema)
          .max(MOST_PLACES)
          .optional()
          .meta({
            description: 'Binaries that the controller starts in the containers.',
            examples: [['/usr/bin/agent']],
          }),
        containers: TextsSchema.optional().meta({
          description: 'Names of the containers that the controller adds.',
          examples: [['proxy']],
        }),
      })
      .optional()
      .meta({
        description: 'What the controller adds to the pods.',
        examples: [{ binaries: ['/usr/bin/agent'], containers: ['proxy'] }],
      }),
  })
  .meta({
    id: 'WorkloadKindPods',
    description: 'Pods that an object of a kind describes.',
    examples: [
      { at: 'spec.groups[].template', shape: 'template', suffix: '-{item.name}', selector: 'template' },
    ],
  });

/** Labels whose values may have placeholders. */
function LabelsLikeSchema() {
  const keys = z.string().refine((key) => LabelsSchema.safeParse({ [key]: '' }).success, 'Not a label key.');
  return z
    .record(keys, z.string().max(LIMITS.kindPath))
    .refine((labels) => Object.keys(labels).length <= MOST_PLACES, `At most ${MOST_PLACES} labels are taken.`)
    .meta({
      description:
        'Labels that the controller puts on the pods, with placeholders as in `suffix` and `{object.name}`.',
      examples: [{ 'example.org/widget': '{object.name}' }],
    });
}

const EXAMPLE = {
  group: 'example.org',
  versions: ['v1'],
  kind: 'Widget',
  pods: [
    {
      at: 'spec.groups[].template',
      shape: 'template' as const,
      suffix: '-{item.name}',
      selector: 'template' as const,
    },
  ],
};

const WorkloadKindSchema = z
  .strictObject({
    group: z
      .string()
      .max(253)
      .regex(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
        'Expected an API group with a dot, such as example.org.',
      )
      .meta({ description: 'Its API group.', examples: ['example.org'] }),
    versions: z
      .array(z.string().regex(/^v[0-9]+((alpha|beta)[0-9]+)?$/, 'Expected a version such as v1 or v1beta1.'))
      .min(1)
      .max(MOST_PLACES)
      .meta({ description: 'The versions of the group with this form.', examples: [['v1']] }),
    kind: z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'Expected a kind such as Widget.')
      .refine((kind) => !kind.endsWith('List'), 'A kind that ends in List is a list of objects.')
      .meta({ description: 'The kind.', examples: ['Widget'] }),
    scope: z
      .literal('cluster')
      .optional()
      .meta({
        description: 'That its objects are in no namespace. They are judged as those of `cluster-scoped`.',
        examples: ['cluster'],
      }),
    pods: z
      .array(PodsSchema)
      .min(1)
      .max(MOST_PLACES)
      .meta({ description: 'Where its objects describe pods.', examples: [EXAMPLE.pods] }),
    excused: z
      .array(
        z.strictObject({
          at: PathSchema.meta({ description: 'The place.', examples: ['spec.defaults'] }),
          reason: z
            .string()
            .min(1)
            .max(LIMITS.message)
            .meta({
              description: 'Why it is right not to read it.',
              examples: ['The controller ignores it since v1.'],
            }),
        }),
      )
      .max(MOST_PLACES)
      .optional()
      .meta({
        description:
          'Places that look like containers or a pod and make none. Everything else of that look outside of `pods` is a fault.',
        examples: [[{ at: 'spec.defaults', reason: 'The controller ignores it since v1.' }]],
      }),
  })
  .meta({
    id: 'WorkloadKindRow',
    description: 'A kind of objects that make pods, and where they describe them.',
    examples: [EXAMPLE],
  });

/** The kinds of workloads that a policy set adds. */
export const WorkloadKindsSchema = z.array(WorkloadKindSchema).max(LIMITS.workloadKinds);
/** A kind of workloads that a policy set adds. */
export type AddedKind = z.output<typeof WorkloadKindSchema>;
