import { z } from 'zod';
import { DNS_LABEL, DNS_LABEL_MESSAGE, LabelsSchema, NameSchema, optional } from '../model/names.ts';
import { parseValue } from '../model/parse.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import {
  type Container,
  POD_FLAGS,
  type PodFlag,
  type Workload,
  type WorkloadKind,
  workloadId,
} from '../model/workload.ts';
import { asApiServerReads } from './api-server.ts';
import { checkContainers, checkEntrypoint, readContainer } from './container-reader.ts';
import {
  checkFieldPlaces,
  entries,
  LATTICE_BELONGS,
  latticePlaces,
  member,
  profileAnnotations,
} from './fields.ts';
import { withDefaults } from './lattice-defaults.ts';
import { unreadContainers } from './lattice-unread.ts';
import { containerFields, podFlags } from './pod-schemas.ts';
import type { Report } from './report.ts';
import { SecurityContextSchema, securityOf } from './security-context.ts';

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

const ContainersSchema = z.union([z.array(ContainerSchema), z.record(z.string(), ContainerSchema)]).meta({
  id: 'Containers',
  description: 'Containers as a list, each with its `name`, or as a map by name.',
  examples: [[{ name: 'app', image: 'api-server:latest' }]],
});

const MetadataSchema = z
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

const WorkloadSpecSchema = z
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

const RuntimeSpecSchema = optional(z.looseObject({ sidecars: optional(ContainersSchema), ...podFlags })).meta(
  {
    description: 'Sidecars and pod-level switches.',
    examples: [
      { sidecars: { proxy: { image: 'proxy:1', command: ['/usr/bin/proxy'] } }, hostNetwork: false },
    ],
  },
);

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
type BackupHook = z.output<typeof BackupHookSchema> & { readonly at: Path };

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
    examples: [
      {
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
      },
    ],
  });

const API_VERSION = z
  .literal('lattice.dev/v1alpha1')
  .meta({ description: 'The version of the Lattice API.', examples: ['lattice.dev/v1alpha1'] });

const TaskSchema = z
  .looseObject({
    workload: WorkloadSpecSchema,
    runtime: RuntimeSpecSchema,
    sidecars: optional(ContainersSchema),
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
      tasks: optional(z.record(NameSchema, TaskSchema)).meta({
        description: 'Its tasks by name. Each is a workload `<job>-<task>`.',
        examples: [{ worker: { workload: { containers: { main: { image: 'train:1' } } } } }],
      }),
      workload: optional(WorkloadSpecSchema),
      runtime: RuntimeSpecSchema,
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

/** A model that is served: one workload, or one or two for each of its roles. */
export const LatticeModelSchema = z
  .looseObject({
    apiVersion: API_VERSION,
    kind: z
      .literal('LatticeModel')
      .meta({ description: 'The kind of the document.', examples: ['LatticeModel'] }),
    metadata: MetadataSchema,
    spec: z.looseObject({
      roles: optional(z.record(NameSchema, RoleSchema)).meta({
        description:
          'Its roles by name. Each is a workload `<model>-<role>`, and `<model>-<role>-worker` for its workers.',
        examples: [{ decode: { entryWorkload: { containers: { main: { image: 'vllm:1' } } } } }],
      }),
      workload: optional(WorkloadSpecSchema),
      runtime: RuntimeSpecSchema,
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

type ContainerInput = z.output<typeof ContainerSchema>;
type ContainersInput = z.output<typeof ContainersSchema>;
type Flags = z.output<z.ZodObject<typeof podFlags>>;

/** The pods of one workload in a document: the whole of a service, a task of a job, a role of a model. */
interface Unit {
  /** What its name adds to that of the document. */
  readonly suffix: string;
  readonly workload: z.output<typeof WorkloadSpecSchema>;
  readonly workloadPath: Path;
  readonly runtime: z.output<typeof RuntimeSpecSchema>;
  readonly runtimePath: Path;
  /** Sidecars that stand beside the workload, as in the CRD of a task. */
  readonly sidecars?: { readonly at: Path; readonly from: ContainersInput | null | undefined };
  /** What a backup tool runs in its containers. */
  readonly hooks?: readonly BackupHook[];
  /** Where pod-level switches may stand besides. */
  readonly holders: readonly { readonly at: Path; readonly from: Flags }[];
}

/** Reads a LatticeService. Nothing comes of it when there is a fault, which the report then has. */
export function readService(report: Report, value: unknown): Workload[] {
  return readLattice(report, value, LatticeServiceSchema, 'service', ({ spec }) => [
    { ...wholeUnit(spec, spec.workload), hooks: backupHooks(spec.backup?.hooks) },
  ]);
}

/** Reads a LatticeJob: a workload for each task. */
export function readJob(report: Report, value: unknown): Workload[] {
  return readLattice(report, value, LatticeJobSchema, 'job', ({ spec }) => [
    ...(spec.workload == null ? [] : [wholeUnit(spec, spec.workload)]),
    ...Object.entries(spec.tasks ?? {}).map(
      ([name, task]): Unit => ({
        suffix: `-${name}`,
        workload: task.workload,
        workloadPath: ['spec', 'tasks', name, 'workload'],
        runtime: task.runtime,
        runtimePath: ['spec', 'tasks', name, 'runtime'],
        sidecars: { at: ['spec', 'tasks', name, 'sidecars'], from: task.sidecars },
        holders: [
          { at: ['spec', 'tasks', name], from: task },
          { at: ['spec'], from: spec },
        ],
      }),
    ),
  ]);
}

/** Reads a LatticeModel: a workload for the entry and one for the workers of each role. */
export function readModel(report: Report, value: unknown): Workload[] {
  return readLattice(report, value, LatticeModelSchema, 'model', ({ spec }) => [
    ...(spec.workload == null ? [] : [wholeUnit(spec, spec.workload)]),
    ...Object.entries(spec.roles ?? {}).flatMap(([name, role]): Unit[] => {
      const at = ['spec', 'roles', name];
      const holders = [
        { at, from: role },
        { at: ['spec'], from: spec },
      ];
      const entryRuntime = { runtime: role.entryRuntime, runtimePath: [...at, 'entryRuntime'] };
      const entry: Unit = {
        suffix: `-${name}`,
        workload: role.entryWorkload,
        workloadPath: [...at, 'entryWorkload'],
        ...entryRuntime,
        holders,
      };
      if (role.workerWorkload == null) return [entry];
      // Workers run as the entry does unless they say otherwise.
      const workerRuntime =
        role.workerRuntime == null
          ? entryRuntime
          : { runtime: role.workerRuntime, runtimePath: [...at, 'workerRuntime'] };
      return [
        entry,
        {
          suffix: `-${name}-worker`,
          workload: role.workerWorkload,
          workloadPath: [...at, 'workerWorkload'],
          ...workerRuntime,
          holders,
        },
      ];
    }),
  ]);
}

function wholeUnit(
  spec: Flags & { readonly runtime?: z.output<typeof RuntimeSpecSchema> },
  workload: z.output<typeof WorkloadSpecSchema>,
): Unit {
  return {
    suffix: '',
    workload,
    workloadPath: ['spec', 'workload'],
    runtime: spec.runtime,
    runtimePath: ['spec', 'runtime'],
    holders: [{ at: ['spec'], from: spec }],
  };
}

function backupHooks(hooks: NonNullable<z.output<typeof BackupSchema>>['hooks']): readonly BackupHook[] {
  return (['pre', 'post'] as const).flatMap((when) =>
    (hooks?.[when] ?? []).map((hook, index) => ({
      ...hook,
      at: ['spec', 'backup', 'hooks', when, index],
    })),
  );
}

/** The containers, each with the hooks that run in it. */
function withBackupHooks(
  report: Report,
  containers: readonly Container[],
  hooks: readonly BackupHook[],
): Container[] {
  const placed = hooks.flatMap(({ container, command: words, at }) => {
    const [binary = ''] = words;
    const place = [...at, 'command', 0];
    checkEntrypoint(report, place, binary);
    const name = container ?? containers[0]?.name;
    if (!containers.some((each) => each.name === name))
      report.fault([...at, 'container'], `The service has no container ${String(container)}.`);
    return [{ name, action: { binary, words, path: report.absolute(place) } }];
  });
  return containers.map((each) => {
    const own = placed.filter(({ name }) => name === each.name).map(({ action }) => action);
    return own.length === 0 ? each : { ...each, backupHooks: own };
  });
}

function readLattice<T extends z.ZodType<{ readonly metadata: z.output<typeof MetadataSchema> }>>(
  report: Report,
  given: unknown,
  schema: T,
  kind: WorkloadKind,
  unitsOf: (document: z.output<T>) => readonly Unit[],
): Workload[] {
  const before = report.faultCount;
  const { value, originOf } =
    kind === 'service'
      ? { value: asApiServerReads(given, []), originOf: report.originOf }
      : withDefaults(asApiServerReads(given, []), kind === 'job' ? 'tasks' : 'roles');
  report.originOf = originOf;
  const parsed = parseValue(schema, value);
  if (!parsed.ok) {
    for (const issue of parsed.issues) report.fault(issue.path, issue.message);
    // What is well-formed is still read, so that misplaced fields are reported in the same answer.
    checkFieldPlaces(report, latticePlaces(value), LATTICE_BELONGS);
    return [];
  }
  const { metadata } = parsed.data;
  report.service = workloadId(metadata);
  checkFieldPlaces(report, latticePlaces(value), LATTICE_BELONGS);
  for (const key of profileAnnotations(member(member(value, 'metadata'), 'annotations'))) {
    report.fault(
      ['metadata', 'annotations', key],
      "The profile is not read here; it belongs in a container's securityContext.",
    );
  }
  const units = unitsOf(parsed.data);
  if (units.length === 0) report.fault(['spec'], `A ${kind} needs a workload: there is none here.`);
  const workloads = units.flatMap((unit) => readUnit(report, kind, metadata, unit));
  report.originOf = (path) => path;
  for (const path of unreadContainers(given, kind)) {
    if (!report.hasFaultAt(path))
      report.fault(
        path,
        'Nothing reads this: what it holds of containers and their security would not be judged.',
      );
  }
  return report.faultCount > before ? [] : workloads;
}

function readUnit(
  report: Report,
  kind: WorkloadKind,
  { name: base, namespace, labels }: z.output<typeof MetadataSchema>,
  unit: Unit,
): Workload[] {
  const name = `${base}${unit.suffix}`;
  if (!DNS_LABEL.test(name))
    report.fault(unit.workloadPath.slice(0, -1), `The workload is named ${name}. ${DNS_LABEL_MESSAGE}`);
  report.service = workloadId({ namespace, name });
  const { workload, workloadPath, runtime, runtimePath } = unit;
  const main = [...workloadPath, 'containers'];
  if (Object.keys(workload.containers).length === 0)
    report.fault(main, 'A service needs at least one container.');
  const containers = [
    ...readGroup(report, 'container', main, workload.containers),
    ...readGroup(report, 'initContainer', [...workloadPath, 'initContainers'], workload.initContainers ?? []),
    ...readGroup(report, 'sidecar', [...runtimePath, 'sidecars'], runtime?.sidecars ?? []),
    ...readGroup(report, 'sidecar', unit.sidecars?.at ?? [], unit.sidecars?.from ?? []),
  ];
  if (containers.length === 0) return [];
  checkContainers(report, containers, ['spec']);
  const pod = readPodFlags(report, [
    { at: runtimePath, from: runtime ?? {} },
    { at: workloadPath, from: workload },
    ...unit.holders,
  ]);
  const podLabels = { 'app.kubernetes.io/name': name };
  return [
    {
      kind,
      dialect: 'lattice',
      namespace,
      name,
      labels: labels ?? {},
      podSelector: { matchLabels: podLabels },
      podLabels,
      podAnnotations: {},
      template: undefined,
      containers: withBackupHooks(report, containers, unit.hooks ?? []),
      pod,
      asks: [],
      unenforced: undefined,
      controller: undefined,
      source: report.source,
    },
  ];
}

function readGroup(report: Report, role: Container['role'], path: Path, input: ContainersInput): Container[] {
  if (Array.isArray(input)) {
    return input.flatMap((container, index) => {
      const at = [...path, index];
      if (typeof container.name === 'string')
        return [readLatticeContainer(report, role, container.name, container, at)];
      report.fault([...at, 'name'], 'A container in a list needs a name.');
      return [];
    });
  }
  return Object.entries(input).map(([key, container]) => {
    const at = [...path, key];
    if (!DNS_LABEL.test(key))
      report.fault(at, `${JSON.stringify(key)} is not a container name. ${DNS_LABEL_MESSAGE}`);
    if (typeof container.name === 'string' && container.name !== key) {
      report.fault([...at, 'name'], `The container is named ${container.name} but stands under ${key}.`);
    }
    return readLatticeContainer(report, role, key, container, at);
  });
}

function readLatticeContainer(
  report: Report,
  role: Container['role'],
  name: string,
  input: ContainerInput,
  at: Path,
): Container {
  if (input.security != null && input.securityContext != null) {
    report.fault([...at, 'security'], 'Give either security or securityContext, not both.');
  }
  const key = input.security != null ? 'security' : 'securityContext';
  const context = input.security ?? input.securityContext;
  const declared = {
    name,
    role,
    security: { allowedBinaries: context?.allowedBinaries ?? undefined, ...securityOf(context ?? {}) },
    asks: [],
    securityPath: report.absolute(context == null ? at : [...at, key]),
    places: context == null ? {} : writtenElsewhere(report, [...at, key], context),
  };
  return readContainer(report, declared, input, at);
}

/** The places of what a security context has from defaults, by the steps that lead to it. */
function writtenElsewhere(report: Report, at: Path, context: object): Record<string, Path> {
  const base = report.absolute(at);
  const places: Record<string, Path> = {};
  const visit = (value: unknown, steps: Path): void => {
    const place = report.absolute([...at, ...steps]);
    if (toPointer(place) !== toPointer([...base, ...steps])) places[steps.join('/')] = place;
    for (const [step, each] of entries(value)) visit(each, [...steps, step]);
  };
  visit(context, []);
  return places;
}

function readPodFlags(
  report: Report,
  holders: readonly { readonly at: Path; readonly from: Flags }[],
): PodFlag[] {
  return POD_FLAGS.flatMap((name) => {
    const [found, ...others] = holders.flatMap(({ at, from }) => {
      const value = from[name];
      return typeof value === 'boolean' ? [{ name, value, path: [...at, name] }] : [];
    });
    if (found === undefined) return [];
    for (const other of others) {
      if (other.value !== found.value) report.fault(other.path, `${name} is set twice, to different values.`);
    }
    return [{ ...found, path: report.absolute(found.path) }];
  });
}
