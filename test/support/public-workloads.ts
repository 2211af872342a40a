import { z } from 'zod';
import type { KnownImage } from '../../src/compiler/model/image.ts';
import { readImageFacts } from '../../src/compiler/read/images/image-config.ts';

/** A file in a public repository at one commit. */
const Source = z
  .string()
  .regex(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/blob\/[0-9a-f]{40}\/[\w./-]+$/, 'names no commit');

/** A path that is executed. Where it leads through a symbolic link, both ends are known. */
const Executed = z.union([
  z.string().startsWith('/'),
  z.strictObject({ requested: z.string().regex(/^\.?\.?\//), resolved: z.string().startsWith('/') }),
]);
const Executions = z.array(Executed).min(1);
const Words = z.array(z.string()).min(1);

/** The format of test/fixtures/images, which its README.md describes. */
export const PublicImageSchema = z.strictObject({
  references: z.array(z.string()).min(1),
  config: z.strictObject({
    Entrypoint: Words.optional(),
    Cmd: Words.optional(),
    WorkingDir: z.string(),
    User: z.string(),
    Env: z.tuple([z.string().startsWith('PATH=/')]),
  }),
  runs: Executions,
  derivedFrom: z.enum(['dockerfile', 'source', 'script']),
  note: z.string().endsWith('.').optional(),
  partial: z.literal(true).optional(),
  sources: z.array(Source).min(1),
});

const SecuritySchema = z.strictObject({
  readOnlyRootFilesystem: z.boolean().optional(),
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  capabilities: z
    .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
    .optional(),
});

const ContainerSchema = z.strictObject({
  name: z.string(),
  role: z.enum(['init', 'sidecar']).optional(),
  image: z.string(),
  command: Words.optional(),
  args: Words.optional(),
  shortened: z.literal(true).optional(),
  exec: z
    .strictObject({
      livenessProbe: Words.optional(),
      readinessProbe: Words.optional(),
      startupProbe: Words.optional(),
      postStart: Words.optional(),
      preStop: Words.optional(),
    })
    .optional(),
  securityContext: SecuritySchema.optional(),
  runs: Executions.optional(),
});

/** The format of test/fixtures/public-workloads. */
export const PublicWorkloadSchema = z.strictObject({
  kind: z.enum(['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Job', 'CronJob']),
  namespace: z.string(),
  name: z.string(),
  hostPID: z.literal(true).optional(),
  securityContext: SecuritySchema.optional(),
  source: Source,
  containers: z.array(ContainerSchema).min(1),
});

/** An image of a public project: how it starts, and what its usual run executes. */
export type PublicImage = z.infer<typeof PublicImageSchema>;
/** A workload as a public project publishes it. */
export type PublicWorkload = z.infer<typeof PublicWorkloadSchema> & { readonly project: string };
type PublicContainer = PublicWorkload['containers'][number];

/** The two paths of an execution: the one that was asked for, and that of the file that was executed. */
export interface Execution {
  readonly requested: string;
  readonly resolved: string;
}

const imageFiles = import.meta.glob('../fixtures/images/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const workloadFiles = import.meta.glob('../fixtures/public-workloads/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

function parseFile<T>(schema: z.ZodType<T>, text: unknown): T[] {
  return z.array(schema).parse(JSON.parse(String(text)));
}

/** Every image of test/fixtures/images. */
export const PUBLIC_IMAGES: readonly PublicImage[] = Object.values(imageFiles).flatMap((text) =>
  parseFile(PublicImageSchema, text),
);

/** Every workload of test/fixtures/public-workloads, with the name of its file as that of its project. */
export const PUBLIC_WORKLOADS: readonly PublicWorkload[] = Object.entries(workloadFiles).flatMap(
  ([path, text]) => {
    const project = /([^/]+)\.json$/.exec(path)?.[1] ?? '';
    return parseFile(PublicWorkloadSchema, text).map((workload) => ({ project, ...workload }));
  },
);

/** The image of a container, if its facts are known. */
export function publicImageOf({ image }: Pick<PublicContainer, 'image'>): PublicImage | undefined {
  return PUBLIC_IMAGES.find(({ references }) => references.includes(image));
}

/** The facts of all images, under the digests and references by which the workloads name them. */
export function knownImages(): KnownImage[] {
  return PUBLIC_IMAGES.map(({ references, config }) => ({
    digests: references.flatMap((reference) => reference.split('@')[1] ?? []),
    references: references.filter((reference) => !reference.includes('@')),
    facts: readImageFacts(config, [], (path, message) => {
      throw new Error(`${references[0]} ${path.join('/')}: ${message}`);
    }),
  }));
}

/** What a container executes while it starts, runs, is probed and is stopped. */
export function runOf(container: PublicContainer): Execution[] {
  const executed = container.runs ?? publicImageOf(container)?.runs;
  if (executed === undefined) throw new Error(`Nothing says what ${container.name} runs.`);
  return executed.map((each) =>
    typeof each === 'string' ? { requested: each, resolved: each } : { ...each },
  );
}

/**
 * A workload as an object of Kubernetes.
 *
 * @param allowedBinaries Values of the annotation that lists the allowed binaries of a container, by its name.
 */
export function manifestOf(
  workload: PublicWorkload,
  allowedBinaries: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const { kind, namespace, name, hostPID, securityContext, containers } = workload;
  const labels = { app: name };
  const isInit = ({ role }: PublicContainer): boolean => role !== undefined;
  const spec = {
    ...(hostPID ? { hostPID } : {}),
    ...(securityContext === undefined ? {} : { securityContext }),
    initContainers: containers.filter(isInit).map(containerOf),
    containers: containers.filter((container) => !isInit(container)).map(containerOf),
  };
  const metadata = { name, namespace };
  const annotations = Object.fromEntries(
    Object.entries(allowedBinaries).map(([container, value]) => [
      `runtime.lattice.dev/allowed-binaries.${container}`,
      value,
    ]),
  );
  const template = { metadata: { labels, annotations }, spec };
  switch (kind) {
    case 'Pod':
      return { apiVersion: 'v1', kind, metadata: { ...metadata, labels, annotations }, spec };
    case 'ReplicationController':
      return { apiVersion: 'v1', kind, metadata, spec: { selector: labels, template } };
    case 'Job':
      return { apiVersion: 'batch/v1', kind, metadata, spec: { template } };
    case 'CronJob':
      return { apiVersion: 'batch/v1', kind, metadata, spec: { jobTemplate: { spec: { template } } } };
    default:
      return { apiVersion: 'apps/v1', kind, metadata, spec: { selector: { matchLabels: labels }, template } };
  }
}

function containerOf({ name, role, image, command, args, exec, securityContext }: PublicContainer): object {
  const { postStart, preStop, ...probes } = exec ?? {};
  const actions = (given: Readonly<Record<string, string[] | undefined>>): object =>
    Object.fromEntries(
      Object.entries(given).flatMap(([key, words]) =>
        words === undefined ? [] : [[key, { exec: { command: words } }]],
      ),
    );
  return {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(role === 'sidecar' ? { restartPolicy: 'Always' } : {}),
    ...actions(probes),
    lifecycle: actions({ postStart, preStop }),
    ...(securityContext === undefined ? {} : { securityContext }),
  };
}
