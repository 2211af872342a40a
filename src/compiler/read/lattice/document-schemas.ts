import { z } from 'zod';
import { LIMITS } from '../../model/limits.ts';
import { NameSchema, optional } from '../../model/names.ts';
import { podFlags } from '../pod-schemas.ts';
import { ContainersSchema, MetadataSchema, RuntimeSpecSchema, WorkloadSpecSchema } from './unit-schemas.ts';

/** In the CRD, the members of `runtime` stand beside the workload. */
const FlatSidecarsSchema = optional(ContainersSchema).meta({
  description: '`runtime.sidecars`, in the spelling of the CRD.',
  examples: [{ proxy: { image: 'proxy:1', command: ['/usr/bin/proxy'] } }],
});

const BackupHookSchema = z
  .looseObject({
    container: optional(NameSchema).meta({
      description: 'The container that it runs in; the first one when it is left out.',
      examples: ['app'],
    }),
    command: z
      .array(z.string())
      .min(1)
      .meta({
        description: 'What runs. `command[0]` joins the allowlist of the container.',
        examples: [['/usr/bin/pg_dump', '-f', '/backup/dump']],
      }),
  })
  .meta({
    id: 'BackupHook',
    description: 'A command that the backup tool runs in a container.',
    examples: [{ name: 'freeze', container: 'app', command: ['/usr/bin/pg_dump'] }],
  });
const BackupSchema = optional(
  z.looseObject({
    hooks: optional(
      z.looseObject({
        pre: optional(z.array(BackupHookSchema)),
        post: optional(z.array(BackupHookSchema)),
      }),
    ),
  }),
).meta({
  description: 'Backups of the service. Only the commands of its hooks are read.',
  examples: [{ hooks: { pre: [{ name: 'freeze', container: 'app', command: ['/usr/bin/pg_dump'] }] } }],
});

/** The service that the OpenAPI document shows as an example. */
export const EXAMPLE_SERVICE = {
  apiVersion: 'lattice.dev/v1alpha1',
  kind: 'LatticeService',
  metadata: { name: 'api-server', namespace: 'production' },
  spec: {
    workload: {
      containers: [
        {
          name: 'app',
          image: 'api-server:latest',
          securityContext: {
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
            allowedBinaries: ['/usr/bin/api-server', '/usr/bin/curl'],
          },
        },
      ],
    },
  },
};

/** The service of the specification and of the Lattice CRD. */
export const LatticeServiceSchema = z
  .looseObject({
    apiVersion: z
      .literal('lattice.dev/v1alpha1')
      .meta({ description: 'The version of the LatticeService API.', examples: ['lattice.dev/v1alpha1'] }),
    kind: z
      .literal('LatticeService')
      .meta({ description: 'The kind of the document.', examples: ['LatticeService'] }),
    metadata: MetadataSchema,
    spec: z
      .looseObject({
        workload: WorkloadSpecSchema,
        runtime: RuntimeSpecSchema,
        sidecars: FlatSidecarsSchema,
        backup: BackupSchema,
        ...podFlags,
      })
      .meta({
        id: 'LatticeServiceSpec',
        description: 'What the service runs.',
        examples: [{ workload: { containers: [{ name: 'app', image: 'api-server:latest' }] } }],
      }),
  })
  .meta({
    id: 'LatticeService',
    description: 'A Lattice service: the workload to authorize and compile.',
    examples: [EXAMPLE_SERVICE],
  });

const API_VERSION = z
  .literal('lattice.dev/v1alpha1')
  .meta({ description: 'The version of the Lattice API.', examples: ['lattice.dev/v1alpha1'] });

const TaskSchema = z
  .looseObject({
    workload: WorkloadSpecSchema,
    runtime: RuntimeSpecSchema,
    sidecars: FlatSidecarsSchema,
    ...podFlags,
  })
  .meta({
    id: 'LatticeJobTask',
    description: 'The pods of one task of a job.',
    examples: [
      {
        replicas: 3,
        workload: { containers: { main: { image: 'train:1', command: ['/usr/bin/python3'] } } },
      },
    ],
  });

/** A batch job: one workload, or one for each of its tasks. */
export const LatticeJobSchema = z
  .looseObject({
    apiVersion: API_VERSION,
    kind: z
      .literal('LatticeJob')
      .meta({ description: 'The kind of the document.', examples: ['LatticeJob'] }),
    metadata: MetadataSchema,
    spec: z.looseObject({
      training: z
        .unknown()
        .optional()
        .meta({
          description:
            "A distributed training. Lattice's operator starts each command by `/bin/sh`, which joins the allowlists.",
          examples: [{ framework: 'PyTorch', coordinatorTask: 'master' }],
        }),
      tasks: optional(z.record(NameSchema, TaskSchema)).meta({
        description: 'Its tasks by name. Each is a workload `<job>-<task>`.',
        examples: [{ worker: { workload: { containers: { main: { image: 'train:1' } } } } }],
      }),
      workload: optional(WorkloadSpecSchema),
      runtime: RuntimeSpecSchema,
      sidecars: FlatSidecarsSchema,
      ...podFlags,
    }),
  })
  .meta({
    id: 'LatticeJob',
    description: 'A Lattice job: batch work of one or several tasks.',
    examples: [
      {
        apiVersion: 'lattice.dev/v1alpha1',
        kind: 'LatticeJob',
        metadata: { name: 'train', namespace: 'ml' },
        spec: {
          tasks: {
            worker: {
              workload: {
                containers: { main: { image: 'train:1', command: ['/usr/bin/python3', 'train.py'] } },
              },
            },
          },
        },
      },
    ],
  });

const RoleSchema = z
  .looseObject({
    entryWorkload: WorkloadSpecSchema,
    entryRuntime: RuntimeSpecSchema,
    workerWorkload: optional(WorkloadSpecSchema),
    workerRuntime: RuntimeSpecSchema,
    ...podFlags,
  })
  .meta({
    id: 'LatticeModelRole',
    description: 'The pods of one role of a model: its entry, and its workers if it has any.',
    examples: [{ entryWorkload: { containers: { main: { image: 'vllm:1' } } } }],
  });

const ModelSourceSchema = optional(
  z.looseObject({
    uri: optional(z.string()),
    cacheUri: optional(z.string()),
    downloaderImage: optional(z.string().max(LIMITS.imageLength)),
  }),
).meta({
  description:
    "Lattice's operator adds an init container that downloads the model. It runs the entrypoint of its image.",
  examples: [{ uri: 'hf://org/model', cacheUri: 'pvc://models' }],
});

/** A model that is served: one workload, or one or two for each of its roles. */
export const LatticeModelSchema = z
  .looseObject({
    apiVersion: API_VERSION,
    kind: z
      .literal('LatticeModel')
      .meta({ description: 'The kind of the document.', examples: ['LatticeModel'] }),
    metadata: MetadataSchema,
    spec: z.looseObject({
      modelSource: ModelSourceSchema,
      roles: optional(z.record(NameSchema, RoleSchema)).meta({
        description:
          'Its roles by name. Each is a workload `<model>-<role>`, and `<model>-<role>-worker` for its workers.',
        examples: [{ decode: { entryWorkload: { containers: { main: { image: 'vllm:1' } } } } }],
      }),
      workload: optional(WorkloadSpecSchema),
      runtime: RuntimeSpecSchema,
      sidecars: FlatSidecarsSchema,
      ...podFlags,
    }),
  })
  .meta({
    id: 'LatticeModel',
    description: 'A Lattice model: inference servers in one or several roles.',
    examples: [
      {
        apiVersion: 'lattice.dev/v1alpha1',
        kind: 'LatticeModel',
        metadata: { name: 'llama', namespace: 'ml' },
        spec: {
          roles: {
            decode: {
              entryWorkload: {
                containers: { main: { image: 'vllm:1', command: ['/usr/bin/vllm', 'serve'] } },
              },
            },
          },
        },
      },
    ],
  });

/** From where a model is downloaded. */
export type ModelSource = NonNullable<z.output<typeof ModelSourceSchema>>;
/** The hooks of the backups of a service. */
export type BackupHooks = NonNullable<z.output<typeof BackupSchema>>['hooks'];
/** A command that the backup tool runs in a container. */
export type BackupHook = z.output<typeof BackupHookSchema>;
