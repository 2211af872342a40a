import { z } from 'zod';
import { LabelsSchema, NameSchema, optional } from '../../model/names.ts';
import { containerFields, podFlags } from '../pod-schemas.ts';
import { SecurityContextSchema } from './security-schema.ts';

const ContainerSchema = z
  .looseObject({
    name: optional(NameSchema).meta({
      description: 'Its name. Required in a list; in a map the key is the name.',
      examples: ['app'],
    }),
    ...containerFields,
    securityContext: optional(SecurityContextSchema),
    security: optional(SecurityContextSchema).meta({
      description: 'The same as `securityContext`, as the Lattice CRD names it. Give one of them.',
      examples: [{ runAsNonRoot: true }],
    }),
  })
  .meta({
    id: 'Container',
    description: 'A container. Fields we do not read, such as env or ports, pass.',
    examples: [{ name: 'app', image: 'api-server:latest' }],
  });

/** Containers as a list or a map. */
export const ContainersSchema = z
  .union([z.array(ContainerSchema), z.record(z.string(), ContainerSchema)])
  .meta({
    id: 'Containers',
    description: 'Containers as a list, each with its `name`, or as a map by name.',
    examples: [[{ name: 'app', image: 'api-server:latest' }]],
  });

/** The metadata of a Lattice document. Unlike those of Kubernetes, its name and namespace are required. */
export const MetadataSchema = z
  .looseObject({
    name: NameSchema.meta({ description: 'The service: an RFC 1123 label.', examples: ['api-server'] }),
    namespace: NameSchema.meta({
      description: 'Its namespace. Required: authorization depends on it.',
      examples: ['production'],
    }),
    labels: optional(LabelsSchema).meta({
      description: 'Labels, visible to Cedar policies.',
      examples: [{ team: 'payments' }],
    }),
  })
  .meta({
    id: 'ServiceMetadata',
    description: 'Name, namespace and labels.',
    examples: [{ name: 'api-server', namespace: 'production' }],
  });

/** The containers of one workload of a Lattice document. */
export const WorkloadSpecSchema = z
  .looseObject({
    containers: ContainersSchema,
    initContainers: optional(ContainersSchema),
    ...podFlags,
  })
  .meta({
    id: 'WorkloadSpec',
    description: 'The containers. Pod-level switches may stand here too.',
    examples: [{ containers: [{ name: 'app', image: 'api-server:latest' }] }],
  });

/** The sidecars of one workload of a Lattice document. */
export const RuntimeSpecSchema = optional(
  z.looseObject({ sidecars: optional(ContainersSchema), ...podFlags }),
).meta({
  description: 'Sidecars and pod-level switches.',
  examples: [{ sidecars: { proxy: { image: 'proxy:1', command: ['/usr/bin/proxy'] } }, hostNetwork: false }],
});

/** A container of a Lattice document. */
export type ContainerInput = z.output<typeof ContainerSchema>;
/** Containers of a Lattice document, as a list or by name. */
export type ContainersInput = z.output<typeof ContainersSchema>;
/** The metadata of a Lattice document. */
export type Metadata = z.output<typeof MetadataSchema>;
/** The containers of one workload of a Lattice document. */
export type WorkloadSpec = z.output<typeof WorkloadSpecSchema>;
/** The sidecars of one workload of a Lattice document. */
export type RuntimeSpec = z.output<typeof RuntimeSpecSchema>;
/** The pod-level switches that a mapping of a Lattice document may hold. */
export type Flags = z.output<z.ZodObject<typeof podFlags>>;
