import { z } from 'zod';
import { type CapabilityName, canonicalCapability } from './capabilities.ts';
import type { SourceDocument } from './documents.ts';
import type { Fault, Notice } from './faults.ts';
import { misplacedKey, POD_FLAGS, profileAnnotations, unknownKeys } from './fields.ts';
import { LIMITS } from './limits.ts';
import { pathProblem } from './paths.ts';
import type { Path } from './pointer.ts';

// ------------------------------------------------------------------------------ the normalised form

/** Where something was asked for: a value in one of the body's documents. */
export interface Source {
  readonly document: number;
  readonly path: Path;
}

/** An exec probe: only its binary matters, and where it was written. */
export interface ExecProbe {
  readonly kind: (typeof PROBES)[number];
  readonly binary: string;
  readonly path: Path;
}

/** A profile a container asks for, seccomp's or AppArmor's. */
export type ProfileType = z.output<typeof ProfileTypeSchema>;

/** What a container's security context says; undefined is "left out". */
export interface SecurityContext {
  readonly allowedBinaries: readonly string[] | undefined;
  readonly readOnlyRootFilesystem: boolean | undefined;
  readonly runAsNonRoot: boolean | undefined;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly capabilitiesAdd: readonly CapabilityName[];
  /** Undefined when `drop` is left out, which is not the same as dropping nothing. */
  readonly capabilitiesDrop: readonly CapabilityName[] | undefined;
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly seccompProfile: ProfileType | undefined;
  readonly appArmorProfile: ProfileType | undefined;
}

/** One container of a pod, whatever its role. */
export interface Container {
  readonly name: string;
  readonly role: 'container' | 'initContainer' | 'sidecar';
  readonly image: string | undefined;
  /** The binary of `command[0]`; undefined when the image's own entrypoint runs. */
  readonly command: string | undefined;
  readonly execProbes: readonly ExecProbe[];
  /** Binaries of exec lifecycle hooks: no entrypoints, but killed when not listed. */
  readonly lifecycleBinaries: readonly { readonly binary: string; readonly path: Path }[];
  readonly security: SecurityContext;
  /** The container itself. */
  readonly path: Path;
  /** Its security context, or the container where it has none. */
  readonly securityPath: Path;
}

/** A pod-level switch, where it was set. */
export interface PodFlag {
  readonly name: (typeof POD_FLAGS)[number];
  readonly value: boolean;
  readonly path: Path;
}

/** What every kind of input becomes: the compiler below this point knows no other form. */
export interface Workload {
  readonly kind: 'service';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that pick its pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly containers: readonly [Container, ...Container[]];
  readonly pod: readonly PodFlag[];
  readonly source: Source;
}

/** `<namespace>/<name>`, as notices, decisions and Cedar principals name a workload. */
export function workloadId(workload: Pick<Workload, 'namespace' | 'name'>): string {
  return `${workload.namespace}/${workload.name}`;
}

// ------------------------------------------------------------------------------ the input schemas

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** RFC 1123 label: a Kubernetes Service, a container and a namespace are named by one. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_LABEL_MESSAGE = 'Expected at most 63 lower-case letters, digits and hyphens (RFC 1123 label).';

/** A name in the form of an RFC 1123 label. */
export const NameSchema = z.string().regex(DNS_LABEL, DNS_LABEL_MESSAGE);

/** Labels as Kubernetes takes them, and not more than a person would set. */
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

/** Kubernetes reads an explicit null as "left out". */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullable().optional();
}

const AllowedBinarySchema = z
  .string()
  .superRefine((path, context) => {
    if (path === '*') return;
    const problem = pathProblem(path);
    if (problem !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `The path ${JSON.stringify(path.slice(0, 200))} ${problem}. Expected an absolute, canonical path, or "*".`,
      });
    }
  })
  .meta({
    id: 'AllowedBinary',
    description:
      'An absolute, canonical path (no `.`, `..`, `//` or trailing slash; at most 4,095 bytes), or `*` for any binary.',
    examples: ['/usr/bin/curl'],
  });

const CapabilitySchema = z
  .string()
  .refine((name) => canonicalCapability(name) !== undefined, 'Not a Linux capability: see capabilities(7).')
  .meta({
    id: 'Capability',
    description: 'A Linux capability as in capabilities(7), with or without `CAP_`, or `ALL`.',
    examples: ['NET_BIND_SERVICE'],
  });

const DroppedCapabilitySchema = CapabilitySchema.refine(
  (name) => canonicalCapability(name) === undefined || canonicalCapability(name) === name,
  'Runtimes drop only the plain upper-case name, such as NET_RAW or ALL: any other spelling drops nothing.',
);

const CapabilitiesSchema = z
  .strictObject({
    add: optional(z.array(CapabilitySchema)).meta({
      description: 'Granted beyond the runtime defaults.',
      examples: [['NET_BIND_SERVICE']],
    }),
    drop: optional(z.array(DroppedCapabilitySchema)).meta({
      description: 'Taken from the runtime defaults; `ALL` takes them all.',
      examples: [['ALL']],
    }),
  })
  .meta({
    id: 'Capabilities',
    description: 'Capabilities to add and drop.',
    examples: [{ drop: ['ALL'], add: ['NET_BIND_SERVICE'] }],
  });

const ProfileTypeSchema = z.enum(['RuntimeDefault', 'Unconfined', 'Localhost']);

function profileSchema(id: string, what: string) {
  return optional(
    z
      .strictObject({
        type: ProfileTypeSchema.meta({ description: `Which ${what} profile.`, examples: ['RuntimeDefault'] }),
        localhostProfile: optional(z.string()).meta({
          description: 'The profile on the node, for `Localhost`.',
          examples: ['profiles/audit.json'],
        }),
      })
      .meta({
        id,
        description: `The ${what} profile of a container.`,
        examples: [{ type: 'RuntimeDefault' }],
      }),
  );
}

const UnixIdSchema = z.int().min(0).max(2_147_483_647);

/** A container's security context. Strict: a misspelt key in it would be a hole. */
export const SecurityContextSchema = z
  .strictObject({
    allowedBinaries: optional(z.array(AllowedBinarySchema).max(LIMITS.binaries)).meta({
      description:
        'Binaries that may run, joined with the entrypoints found in commands and exec probes. `["*"]` lifts the restriction.',
      examples: [['/usr/bin/api-server', '/usr/bin/curl']],
    }),
    readOnlyRootFilesystem: optional(z.boolean()).meta({
      description: 'True: writes to the container root are killed.',
      examples: [true],
    }),
    runAsNonRoot: optional(z.boolean()).meta({
      description: 'True: becoming uid or gid 0 is killed.',
      examples: [true],
    }),
    runAsUser: optional(UnixIdSchema).meta({
      description: 'The uid of the entrypoint. 0 is an override.',
      examples: [10001],
    }),
    runAsGroup: optional(UnixIdSchema).meta({
      description: 'The gid of the entrypoint. 0 is an override.',
      examples: [10001],
    }),
    capabilities: optional(CapabilitiesSchema).meta({
      description: 'Gaining any capability not granted here is killed.',
      examples: [{ drop: ['ALL'] }],
    }),
    privileged: optional(z.boolean()).meta({ description: 'True is an override.', examples: [false] }),
    allowPrivilegeEscalation: optional(z.boolean()).meta({
      description: 'True is an override.',
      examples: [false],
    }),
    seccompProfile: profileSchema('SeccompProfile', 'seccomp').meta({
      description: 'Unconfined and Localhost are overrides.',
      examples: [{ type: 'RuntimeDefault' }],
    }),
    appArmorProfile: profileSchema('AppArmorProfile', 'AppArmor').meta({
      description: 'Unconfined and Localhost are overrides.',
      examples: [{ type: 'RuntimeDefault' }],
    }),
  })
  .meta({
    id: 'SecurityContext',
    description: 'What a container may do. An unknown key is an error.',
    examples: [
      {
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        allowedBinaries: ['/usr/bin/api-server'],
      },
    ],
  });

const ExecActionSchema = z.looseObject({ command: z.array(z.string()).min(1) }).meta({
  id: 'ExecAction',
  description: 'Runs a command in the container. Only `command[0]` is read.',
  examples: [{ command: ['/bin/check', 'now'] }],
});

const ProbeSchema = z
  .looseObject({
    exec: optional(ExecActionSchema),
    httpGet: z.unknown().optional(),
    tcpSocket: z.unknown().optional(),
    grpc: z.unknown().optional(),
  })
  .meta({
    id: 'Probe',
    description: 'A Kubernetes probe. Only `exec` runs a binary.',
    examples: [{ exec: { command: ['/bin/check', 'now'] } }],
  });

const LifecycleHandlerSchema = z.looseObject({ exec: optional(ExecActionSchema) }).meta({
  id: 'LifecycleHandler',
  description: 'A Kubernetes lifecycle hook.',
  examples: [{ exec: { command: ['/bin/sleep', '5'] } }],
});

const ContainerSchema = z
  .looseObject({
    name: optional(NameSchema).meta({
      description: 'Its name. Required in a list; in a map the key is the name.',
      examples: ['app'],
    }),
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
      description: 'Lifecycle hooks: not entrypoints, so list their binaries in allowedBinaries.',
      examples: [{ preStop: { exec: { command: ['/bin/sleep', '5'] } } }],
    }),
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

const podFlags = {
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

/** The service of the specification and of the Lattice CRD. */
export const LatticeServiceSchema = z
  .looseObject({
    apiVersion: z
      .literal('lattice.dev/v1alpha1')
      .meta({ description: 'The version of the LatticeService API.', examples: ['lattice.dev/v1alpha1'] }),
    kind: z
      .literal('LatticeService')
      .meta({ description: 'The kind of the document.', examples: ['LatticeService'] }),
    metadata: z
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
      }),
    spec: z
      .looseObject({
        workload: z
          .looseObject({
            containers: ContainersSchema,
            initContainers: optional(ContainersSchema),
            ...podFlags,
          })
          .meta({
            id: 'WorkloadSpec',
            description: 'The containers. Pod-level switches may stand here too.',
            examples: [{ containers: [{ name: 'app', image: 'api-server:latest' }] }],
          }),
        runtime: optional(z.looseObject({ sidecars: optional(ContainersSchema), ...podFlags })).meta({
          description: 'Sidecars and pod-level switches.',
          examples: [
            { sidecars: { proxy: { image: 'proxy:1', command: ['/usr/bin/proxy'] } }, hostNetwork: false },
          ],
        }),
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

type ContainerInput = z.output<typeof ContainerSchema>;
type ContainersInput = z.output<typeof ContainersSchema>;
type LatticeServiceInput = z.output<typeof LatticeServiceSchema>;

// ------------------------------------------------------------------------------ reading

/** The workloads of a body, or everything that is wrong with it. */
export type ReadWorkloads =
  | { readonly ok: true; readonly workloads: readonly Workload[]; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads every document as a LatticeService, or as a `v1` List of them. */
export function readWorkloads(documents: readonly SourceDocument[]): ReadWorkloads {
  const faults: Fault[] = [];
  const notices: Notice[] = [];
  const workloads: Workload[] = [];
  const seen = new Set<string>();
  const candidates = documents.flatMap(({ index, value }) =>
    expandList({ value, source: { document: index, path: [] } }),
  );
  if (candidates.length === 0) {
    faults.push({
      document: 0,
      path: [],
      message: 'There is no service in the body. Expected a LatticeService.',
    });
  }
  if (candidates.length > LIMITS.services) {
    faults.push({
      document: 0,
      path: [],
      message: `At most ${LIMITS.services} services are taken at once; there are ${candidates.length}.`,
    });
    return { ok: false, faults };
  }
  for (const { value, source } of candidates) {
    const reader = new ServiceReader(source, faults, notices);
    const workload = reader.read(value);
    if (workload === undefined) continue;
    const id = workloadId(workload);
    // Two services of one name would overwrite each other's policies in the cluster.
    if (seen.has(id)) reader.fault(['metadata', 'name'], `The service ${id} is in the body twice.`);
    seen.add(id);
    workloads.push(workload);
  }
  const containers = workloads.reduce((sum, workload) => sum + workload.containers.length, 0);
  if (containers > LIMITS.containersInAll) {
    faults.push({
      document: 0,
      path: [],
      message: `At most ${LIMITS.containersInAll} containers are taken at once; there are ${containers}.`,
    });
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, workloads, notices };
}

interface Candidate {
  readonly value: unknown;
  readonly source: Source;
}

const ListSchema = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('List'),
  items: z.array(z.unknown()),
});

function expandList(candidate: Candidate): Candidate[] {
  const list = ListSchema.safeParse(candidate.value);
  if (!list.success) return [candidate];
  const { document, path } = candidate.source;
  return list.data.items.map((value, index) => ({
    value,
    source: { document, path: [...path, 'items', index] },
  }));
}

class ServiceReader {
  private readonly source: Source;
  private readonly faults: Fault[];
  private readonly notices: Notice[];
  private service = '';

  constructor(source: Source, faults: Fault[], notices: Notice[]) {
    this.source = source;
    this.faults = faults;
    this.notices = notices;
  }

  fault(path: Path, message: string): void {
    this.faults.push({ document: this.source.document, path: [...this.source.path, ...path], message });
  }

  read(value: unknown): Workload | undefined {
    const before = this.faults.length;
    const kind = kindOf(value);
    if (kind !== 'lattice.dev/v1alpha1 LatticeService') {
      this.fault(
        kind === undefined ? [] : ['kind'],
        `Expected a lattice.dev/v1alpha1 LatticeService${kind === undefined ? '' : `, not a ${kind}`}.`,
      );
      return undefined;
    }
    const parsed = parseValue(LatticeServiceSchema, value);
    if (!parsed.ok) {
      for (const issue of parsed.issues) this.fault(issue.path, issue.message);
      // What is well-formed is still read, so that misplaced fields are reported in the same answer.
      this.checkFieldPlaces(value);
      return undefined;
    }
    this.service = workloadId(parsed.data.metadata);
    this.checkFieldPlaces(value);
    const containers = this.readContainers(parsed.data);
    const pod = this.readPodFlags(parsed.data);
    const [first, ...others] = containers;
    if (this.faults.length > before || first === undefined) return undefined;
    const { name, namespace, labels } = parsed.data.metadata;
    return {
      kind: 'service',
      namespace,
      name,
      labels: labels ?? {},
      podLabels: { 'app.kubernetes.io/name': name },
      containers: [first, ...others],
      pod,
      source: this.source,
    };
  }

  private readContainers(service: LatticeServiceInput): Container[] {
    const { workload, runtime } = service.spec;
    const main = this.readGroup('container', ['spec', 'workload', 'containers'], workload.containers);
    if (Object.keys(workload.containers).length === 0)
      this.fault(['spec', 'workload', 'containers'], 'A service needs at least one container.');
    const containers = [
      ...main,
      ...this.readGroup(
        'initContainer',
        ['spec', 'workload', 'initContainers'],
        workload.initContainers ?? [],
      ),
      ...this.readGroup('sidecar', ['spec', 'runtime', 'sidecars'], runtime?.sidecars ?? []),
    ];
    if (containers.length > LIMITS.containers) {
      this.fault(
        ['spec'],
        `A service has at most ${LIMITS.containers} containers; this has ${containers.length}.`,
      );
    }
    const names = new Set<string>();
    for (const { name, path } of containers) {
      // Kubernetes has one namespace for the names of all containers of a pod.
      if (names.has(name))
        this.fault(path.slice(this.source.path.length), `The container name ${name} is used twice.`);
      names.add(name);
    }
    return containers;
  }

  private readGroup(role: Container['role'], path: Path, input: ContainersInput): Container[] {
    if (Array.isArray(input)) {
      return input.flatMap((container, index) => {
        const at = [...path, index];
        if (typeof container.name === 'string')
          return [this.readContainer(role, container.name, container, at)];
        this.fault([...at, 'name'], 'A container in a list needs a name.');
        return [];
      });
    }
    return Object.entries(input).flatMap(([key, container]) => {
      const at = [...path, key];
      if (!DNS_LABEL.test(key))
        this.fault(at, `${JSON.stringify(key)} is not a container name. ${DNS_LABEL_MESSAGE}`);
      if (typeof container.name === 'string' && container.name !== key) {
        this.fault([...at, 'name'], `The container is named ${container.name} but stands under ${key}.`);
      }
      return [this.readContainer(role, key, container, at)];
    });
  }

  private readContainer(role: Container['role'], name: string, input: ContainerInput, at: Path): Container {
    const absolute: Path = [...this.source.path, ...at];
    if (input.security != null && input.securityContext != null) {
      this.fault([...at, 'security'], 'Give either security or securityContext, not both.');
    }
    const securityKey = input.security != null ? 'security' : 'securityContext';
    const security = input.security ?? input.securityContext ?? {};
    const command = input.command?.[0];
    if (command !== undefined) this.checkEntrypoint([...at, 'command', 0], command);
    const execProbes = PROBES.flatMap((kind) => {
      const binary = input[kind]?.exec?.command[0];
      if (binary === undefined) return [];
      this.checkEntrypoint([...at, kind, 'exec', 'command', 0], binary);
      return [{ kind, binary, path: [...absolute, kind, 'exec', 'command', 0] }];
    });
    const lifecycleBinaries = (['postStart', 'preStop'] as const).flatMap((hook) => {
      const binary = input.lifecycle?.[hook]?.exec?.command[0];
      return binary === undefined
        ? []
        : [{ binary, path: [...absolute, 'lifecycle', hook, 'exec', 'command', 0] }];
    });
    return {
      name,
      role,
      image: input.image ?? undefined,
      command,
      execProbes,
      lifecycleBinaries,
      security: {
        allowedBinaries: security.allowedBinaries ?? undefined,
        readOnlyRootFilesystem: security.readOnlyRootFilesystem ?? undefined,
        runAsNonRoot: security.runAsNonRoot ?? undefined,
        runAsUser: security.runAsUser ?? undefined,
        runAsGroup: security.runAsGroup ?? undefined,
        capabilitiesAdd: canonicalCapabilities(security.capabilities?.add ?? []),
        capabilitiesDrop:
          security.capabilities?.drop == null ? undefined : canonicalCapabilities(security.capabilities.drop),
        privileged: security.privileged ?? false,
        allowPrivilegeEscalation: security.allowPrivilegeEscalation ?? false,
        seccompProfile: security.seccompProfile?.type,
        appArmorProfile: security.appArmorProfile?.type,
      },
      path: absolute,
      securityPath:
        input.security == null && input.securityContext == null ? absolute : [...absolute, securityKey],
    };
  }

  /** A path that starts at the root but is not canonical would look listed and never match. */
  private checkEntrypoint(path: Path, binary: string): void {
    if (binary === '') {
      this.fault(path, 'The entrypoint is empty.');
    } else if (binary.includes('\0') || !binary.isWellFormed()) {
      this.fault(path, 'The entrypoint holds a NUL or invalid Unicode.');
    } else if (binary.startsWith('/')) {
      const problem = pathProblem(binary);
      if (problem !== undefined)
        this.fault(path, `The entrypoint ${JSON.stringify(binary.slice(0, 200))} ${problem}.`);
    }
  }

  private readPodFlags({ spec }: LatticeServiceInput): PodFlag[] {
    const holders = [
      { at: ['spec', 'runtime'], from: spec.runtime ?? {} },
      { at: ['spec', 'workload'], from: spec.workload },
      { at: ['spec'], from: spec },
    ];
    return POD_FLAGS.flatMap((name) => {
      const [found, ...others] = holders.flatMap(({ at, from }) => {
        const value = from[name];
        return typeof value === 'boolean' ? [{ name, value, path: [...at, name] }] : [];
      });
      if (found === undefined) return [];
      for (const other of others) {
        if (other.value !== found.value) this.fault(other.path, `${name} is set twice, to different values.`);
      }
      return [{ ...found, path: [...this.source.path, ...found.path] }];
    });
  }

  /** Reports security fields that stand where nothing reads them, and names unknown fields. */
  private checkFieldPlaces(value: unknown): void {
    for (const key of profileAnnotations(value)) {
      this.fault(
        ['metadata', 'annotations', key],
        "The profile is not read here; it belongs in a container's securityContext.",
      );
    }
    const unknowns = unknownKeys(value);
    if (unknowns.length > LIMITS.faults) {
      this.fault([], `There are ${unknowns.length} unknown fields; at most ${LIMITS.faults} are let pass.`);
      return;
    }
    for (const unknown of unknowns) {
      const { path, key, fields } = unknown;
      const message = misplacedKey(unknown);
      if (message !== undefined) this.fault([...path, key], message);
      // The rest of a spec (replicas, ingress, …) is open; a container's fields are a known set.
      else if (fields === 'root' || fields === 'container' || fields === 'probe') {
        this.notices.push({
          code: 'UnknownField',
          service: this.service,
          message: `The field ${JSON.stringify(key)} is not one we know; it had no effect on the compilation.`,
          document: this.source.document,
          path: [...this.source.path, ...path, key],
        });
      }
    }
  }
}

function canonicalCapabilities(names: readonly string[]): CapabilityName[] {
  return names.flatMap((name) => canonicalCapability(name) ?? []);
}

function kindOf(value: unknown): string | undefined {
  const parsed = z.looseObject({ apiVersion: z.string(), kind: z.string() }).safeParse(value);
  return parsed.success ? `${parsed.data.apiVersion} ${parsed.data.kind}`.slice(0, 200) : undefined;
}

/** What a value is by a schema, or everything that is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly issues: readonly FlatIssue[] };

/**
 * Parses a value of a request. There can be so many issues that zod runs out of stack gathering them (it
 * passes them as the arguments of one call): that is one issue of the whole value, and no error of ours.
 */
export function parseValue<T extends z.ZodType>(schema: T, value: unknown): Parsed<z.output<T>> {
  try {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { ok: true, data: parsed.data };
    return { ok: false, issues: flattenIssues(parsed.error.issues) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, issues: [{ path: [], message: 'There are too many faults to list.' }] };
  }
}

/** One thing zod found, at the innermost value it can be pinned to. */
interface FlatIssue {
  readonly path: Path;
  readonly message: string;
}

/** Spells out unknown keys one by one, and picks the branch of a union that the value is shaped like. */
export function flattenIssues(issues: readonly z.core.$ZodIssue[], prefix: Path = []): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path: Path = [
      ...prefix,
      ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step)),
    ];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `Unknown field ${JSON.stringify(key)}.`,
      }));
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((errors) => errors.every((error) => error.path.length > 0));
      if (branch !== undefined) return flattenIssues(branch, path);
    }
    return [{ path, message: issue.message }];
  });
}
