import { z } from 'zod';
import { NameSchema, optional } from '../../model/names.ts';
import { containerFields, podFlags } from '../pod-schemas.ts';
import { NativeSecurityContextSchema, PodSecurityContextSchema } from '../security-context.ts';
import { MetadataSchema } from './metadata.ts';

/** The fields of a pod's spec that hold its containers. */
export const CONTAINER_GROUPS = ['containers', 'initContainers', 'ephemeralContainers'] as const;
/** A field of a pod's spec that holds containers. */
export type ContainerGroup = (typeof CONTAINER_GROUPS)[number];

const ContainerPortSchema = z
  .looseObject({
    containerPort: optional(z.int().min(0).max(65_535)).meta({
      description: 'The port in the container. In the network of the host it is an override.',
      examples: [8080],
    }),
    hostPort: optional(z.int().min(0).max(65_535)).meta({
      description: 'The port of the node: an override, unless it is 0.',
      examples: [8080],
    }),
  })
  .meta({
    id: 'ContainerPort',
    description: 'A port of a container.',
    examples: [{ containerPort: 8080 }],
  });

const NativeContainerSchema = z
  .looseObject({
    name: NameSchema.meta({ description: 'Its name.', examples: ['web'] }),
    ...containerFields,
    restartPolicy: optional(z.string()).meta({
      description: '`Always` makes a sidecar of an init container.',
      examples: ['Always'],
    }),
    ports: optional(z.array(ContainerPortSchema)).meta({
      description: 'Its ports.',
      examples: [[{ containerPort: 8080 }]],
    }),
    securityContext: optional(NativeSecurityContextSchema),
  })
  .meta({
    id: 'NativeContainer',
    description: 'A container of a Kubernetes pod. Fields we do not read, such as env, pass.',
    examples: [{ name: 'web', image: 'nginx:1.29', command: ['/usr/sbin/nginx'] }],
  });

const containers = z.array(NativeContainerSchema);

const VolumeSchema = z
  .looseObject({
    name: z.string().meta({ description: 'Its name, by which containers mount it.', examples: ['logs'] }),
    hostPath: optional(
      z.looseObject({
        path: z.string().meta({ description: 'An absolute path.', examples: ['/var/log'] }),
        type: optional(z.string()).meta({ description: 'What is there.', examples: ['Directory'] }),
      }),
    ).meta({
      description: 'A directory or file of the node: an override.',
      examples: [{ path: '/var/log' }],
    }),
  })
  .meta({
    id: 'Volume',
    description: 'A volume of a pod. Its type is the field besides `name`.',
    examples: [{ name: 'logs', hostPath: { path: '/var/log' } }],
  });

/** The spec of a pod (core/v1 PodSpec). */
export const PodSpecSchema = z
  .looseObject({
    containers: containers.min(1),
    initContainers: optional(containers),
    ephemeralContainers: optional(containers),
    volumes: optional(z.array(VolumeSchema)).meta({
      description:
        'Directories of the node, and types that the restricted level of Pod Security refuses, are overrides.',
      examples: [[{ name: 'logs', hostPath: { path: '/var/log' } }]],
    }),
    securityContext: optional(PodSecurityContextSchema),
    ...podFlags,
  })
  .meta({
    id: 'PodSpec',
    description: 'A Kubernetes pod: its containers and its pod-level switches.',
    examples: [{ containers: [{ name: 'web', image: 'nginx:1.29' }] }],
  });

/** A pod template (core/v1 PodTemplateSpec). */
export const PodTemplateSchema = z
  .looseObject({ metadata: optional(MetadataSchema), spec: PodSpecSchema })
  .meta({
    id: 'PodTemplate',
    description: 'The pods that a workload makes.',
    examples: [
      {
        metadata: {
          labels: { app: 'web' },
          annotations: { 'runtime.lattice.dev/allowed-binaries': '/usr/sbin/nginx, /bin/sh' },
        },
        spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
      },
    ],
  });

/** The spec of a pod. */
export type PodSpec = z.output<typeof PodSpecSchema>;
/** A container of a pod. */
export type NativeContainer = z.output<typeof NativeContainerSchema>;
