import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { optional } from '../model/names.ts';

const ExecActionSchema = z.looseObject({ command: z.array(z.string()).min(1) }).meta({
  id: 'ExecAction',
  description: 'Runs a command in the container. Only `command[0]` is read.',
  examples: [{ command: ['/bin/check', 'now'] }],
});

const HostActionSchema = z
  .looseObject({
    host: optional(z.string()).meta({
      description: 'Another host than the pod is an override.',
      examples: ['127.0.0.1'],
    }),
  })
  .meta({
    id: 'HostAction',
    description: 'The kubelet connects to the pod, or to another host.',
    examples: [{ port: 8080 }],
  });

const ProbeSchema = z
  .looseObject({
    exec: optional(ExecActionSchema),
    httpGet: optional(HostActionSchema),
    tcpSocket: optional(HostActionSchema),
    grpc: z.unknown().optional(),
  })
  .meta({
    id: 'Probe',
    description: 'A Kubernetes probe. Only `exec` runs a binary.',
    examples: [{ exec: { command: ['/bin/check', 'now'] } }],
  });

const LifecycleHandlerSchema = z
  .looseObject({
    exec: optional(ExecActionSchema),
    httpGet: optional(HostActionSchema),
    tcpSocket: optional(HostActionSchema),
  })
  .meta({
    id: 'LifecycleHandler',
    description: 'A Kubernetes lifecycle hook.',
    examples: [{ exec: { command: ['/bin/sleep', '5'] } }],
  });

/** Schemas of the fields of a container that every dialect has and that we read. */
export const containerFields = {
  image: optional(z.string().max(LIMITS.imageLength)).meta({
    description: 'Its image.',
    examples: ['api-server:latest'],
  }),
  command: optional(z.array(z.string())).meta({
    description: 'Replaces the entrypoint of the image. `command[0]` joins the allowlist.',
    examples: [['/usr/bin/python3', 'app.py']],
  }),
  args: optional(z.array(z.string())).meta({
    description: 'Arguments; never read as binaries.',
    examples: [['--verbose']],
  }),
  livenessProbe: optional(ProbeSchema),
  readinessProbe: optional(ProbeSchema),
  startupProbe: optional(ProbeSchema),
  lifecycle: optional(
    z.looseObject({
      postStart: optional(LifecycleHandlerSchema),
      preStop: optional(LifecycleHandlerSchema),
    }),
  ).meta({
    description: 'Lifecycle hooks. The binary of an `exec` joins the allowlist.',
    examples: [{ preStop: { exec: { command: ['/bin/sleep', '5'] } } }],
  }),
};

/** The fields of a container that every dialect has and that we read. */
export type ContainerFields = z.output<z.ZodObject<typeof containerFields>>;

/** Schemas of the pod-level switches. */
export const podFlags = {
  hostNetwork: optional(z.boolean()).meta({ description: 'True is an override.', examples: [false] }),
  hostPID: optional(z.boolean()).meta({
    description: 'True is an override, and leaves the runtime guard out.',
    examples: [false],
  }),
  hostIPC: optional(z.boolean()).meta({ description: 'True is an override.', examples: [false] }),
  hostUsers: optional(z.boolean()).meta({
    description: 'False: a user namespace of its own; block-setuid is left out.',
    examples: [true],
  }),
  shareProcessNamespace: optional(z.boolean()).meta({
    description: 'True is an override.',
    examples: [false],
  }),
  automountServiceAccountToken: optional(z.boolean()).meta({
    description: 'True is an override.',
    examples: [false],
  }),
};
