import { z } from 'zod';
import { type Compiled, compile } from '../compiler/compile.ts';
import { NOTICE_CODES, type Notice } from '../compiler/faults.ts';
import { CompileOptionsSchema } from '../compiler/options.ts';
import { selectorFaults, selectorOverlaps } from '../compiler/pod-selectors.ts';
import { compareText, toPointer } from '../compiler/pointer.ts';
import { WorkloadSchema } from '../compiler/read-workloads.ts';
import { type Manifest, ManifestSchema } from '../compiler/tracing-policy.ts';
import { type Workload, workloadId } from '../compiler/workload.ts';
import { jsonAnswer, prefersYaml, readDocuments, taggedAnswer, yamlAnswer } from './bodies.ts';
import { DecisionSchema, PolicySetVersionSchema } from './decisions.ts';
import { type App, addOperation } from './openapi.ts';
import { Problem } from './problems.ts';
import { readQuery } from './query.ts';
import {
  DECISION_PROBLEMS,
  decideServices,
  dependsOnAlias,
  faultyBody,
  readServices,
  resolvePermitted,
  type Services,
  versionAnswer,
  workloadQuery,
} from './services.ts';

const CompileQuerySchema = CompileOptionsSchema.extend(workloadQuery);

const NoticeSchema = z
  .strictObject({
    code: z
      .enum(NOTICE_NAMES())
      .meta({ description: 'The kind of notice. Stable.', examples: ['ImplicitWildcard'] }),
    service: z.string().meta({
      description: 'The service, `<namespace>/<name>`; empty for the whole request.',
      examples: ['shop/web'],
    }),
    container: z
      .string()
      .optional()
      .meta({ description: 'The container, when it is about one.', examples: ['web'] }),
    message: z.string().meta({
      description: 'What happened, and what could be done.',
      examples: [
        'No command and no allowedBinaries: the entrypoint of the image is unknown, so any binary may run.',
      ],
    }),
    document: z
      .int()
      .min(0)
      .meta({ description: 'The document of the body, from 0.', examples: [0] }),
    pointer: z.string().meta({
      description: 'The value that led to it, as a JSON pointer.',
      examples: ['/spec/workload/containers/0'],
    }),
    line: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its line in the body, from 1.', examples: [9] }),
    column: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its column in the body, from 1.', examples: [9] }),
  })
  .meta({
    id: 'Notice',
    description: 'Something the caller should know, though nothing is wrong.',
    examples: [
      {
        code: 'ImplicitWildcard',
        service: 'shop/web',
        container: 'web',
        message: 'The entrypoint of the image is unknown.',
        document: 0,
        pointer: '/spec/workload/containers/0',
      },
    ],
  });

function NOTICE_NAMES(): string[] {
  return Object.keys(NOTICE_CODES);
}

const ServiceSummarySchema = z
  .strictObject({
    service: z
      .string()
      .meta({ description: 'The service, `<namespace>/<name>`.', examples: ['production/api-server'] }),
    manifests: z.array(z.string()).meta({
      description: 'The names of its policies among the manifests.',
      examples: [['allow-binaries-api-server']],
    }),
    podLabels: z.record(z.string(), z.string()).meta({
      description: 'Labels its pod template must carry for the policies to apply (`layout=shared`).',
      examples: [{ 'lattice.dev/run-as-non-root': 'true' }],
    }),
  })
  .meta({
    id: 'ServiceSummary',
    description: 'What belongs to one service.',
    examples: [{ service: 'production/api-server', manifests: ['allow-binaries-api-server'], podLabels: {} }],
  });

export const CompilationSchema = z
  .strictObject({
    policySet: PolicySetVersionSchema,
    services: z.array(ServiceSummarySchema).meta({ description: 'The services, in the order of the body.' }),
    manifests: z.array(ManifestSchema).meta({ description: 'The policies to apply.' }),
    decisions: z
      .array(DecisionSchema)
      .meta({ description: 'The decision for every override; all of them allow.' }),
    notices: z.array(NoticeSchema).meta({ description: 'What the caller should know.' }),
  })
  .meta({
    id: 'Compilation',
    description: 'The policies of the services of a request.',
    examples: [
      {
        policySet: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        services: [],
        manifests: [],
        decisions: [],
        notices: [],
      },
    ],
  });
type Compilation = z.output<typeof CompilationSchema>;

/** Policies that one agent of a cluster can hold (manifests.md). */
const AGENT_POLICY_LIMIT = 128;

/** `POST /compile` */
export function compileRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/compile',
    operationId: 'compileServices',
    tag: 'Compile',
    summary: 'Compile services into Tetragon policies',
    description:
      'Authorizes every security override of every service, and compiles them if all are permitted. If one is denied, all denials are answered and nothing is compiled. With `Accept: application/yaml` the answer is the manifests alone, for `kubectl apply -f -`.',
    query: CompileQuerySchema,
    body: {
      schema: WorkloadSchema,
      description:
        'Lattice services, jobs and models, and Kubernetes workloads (Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob): one, several YAML documents, or a `v1` List; up to 100 of them and 1 MiB. Other objects pass, with a notice.',
    },
    answer: {
      description: 'Every override is permitted; these are the policies.',
      content: {
        'application/json': { schema: CompilationSchema },
        'application/yaml': {
          schema: z.string().meta({
            description: 'The manifests as YAML documents.',
            examples: ['---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicyNamespaced\n'],
          }),
        },
      },
    },
    access: 'body',
    problems: [...DECISION_PROBLEMS, 'overrides-denied'],
    handle: async (context) => {
      const {
        policySet,
        version: reference,
        namespace,
        ...options
      } = readQuery(context.req.url, CompileQuerySchema);
      const record = context.get('record');
      const services = await record.time('read', async () =>
        readServices(await readDocuments(context.req.raw), { namespace }),
      );
      const unselectable = selectorFaults(services.workloads);
      if (unselectable.length > 0) throw faultyBody(unselectable, services.locate);
      const version = await resolvePermitted(context, 'compile', {
        policySet,
        version: reference,
        namespaces: services.workloads.map(({ namespace }) => namespace),
      });
      const decisions = await record.time('decide', () => decideServices(services, version));
      record.decided(services.workloads.map(workloadId), decisions);
      const denials = decisions.filter(({ decision }) => decision === 'deny');
      if (denials.length > 0) {
        const count = denials.length === 1 ? '1 override is' : `${denials.length} overrides are`;
        throw new Problem('overrides-denied', `${count} denied, so nothing is compiled.`, {
          denials,
          policySet: versionAnswer(version),
        });
      }
      const annotations = {
        'lattice.dev/policy-set': version.name,
        'lattice.dev/policy-set-version': String(version.version),
        'lattice.dev/policy-set-digest': version.digest,
      };
      const compiled = services.workloads.map((workload) => ({
        workload,
        ...compile(workload, options, annotations),
      }));
      const manifests = withoutRepeats(compiled.flatMap((each) => each.manifests));
      const notices = [
        ...services.notices,
        ...compiled.flatMap((each) => each.notices),
        ...selectorOverlaps(services.workloads),
        ...budgetNotice(services.workloads, manifests),
      ];
      const headers = {
        'tracewright-policy-set': `${version.name}; version=${version.version}; digest="${version.digest}"`,
        'tracewright-notices': String(notices.length),
        vary: 'accept',
        'cache-control': 'no-store',
      };
      const kept = (answer: Response): Response | Promise<Response> =>
        dependsOnAlias(reference) ? answer : taggedAnswer(context, answer);
      if (prefersYaml(context)) return kept(yamlAnswer(manifests, headers, commentsOf(compiled, notices)));
      const answer: Compilation = {
        policySet: versionAnswer(version),
        services: compiled.map((each) => ({
          service: workloadId(each.workload),
          manifests: each.manifests.map(({ metadata }) => metadata.name),
          podLabels: { ...each.podLabels },
        })),
        manifests,
        decisions,
        notices: notices.map((notice) => noticeAnswer(notice, services)),
      };
      return kept(jsonAnswer(answer, headers));
    },
  });
}

/** What a reader of the YAML alone must know: the labels without which shared policies do nothing, and notices. */
function commentsOf(
  compiled: readonly (Compiled & { readonly workload: Workload })[],
  notices: readonly Notice[],
): string[] {
  return [
    ...compiled.flatMap(({ workload, podLabels }) => {
      const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
      return labels.length === 0
        ? []
        : [`${workloadId(workload)} needs these labels on its pod template: ${labels.join(' ')}`];
    }),
    ...notices.map(
      ({ service, code, message }) => `${code}${service === '' ? '' : ` ${service}`}: ${message}`,
    ),
  ];
}

/** Cluster policies are shared (`layout=shared`): the same name is always the same content. */
function withoutRepeats(manifests: readonly Manifest[]): Manifest[] {
  const distinct = new Map<string, Manifest>();
  for (const manifest of manifests) {
    const namespace = manifest.kind === 'TracingPolicy' ? '' : manifest.metadata.namespace;
    distinct.set(`${manifest.kind}\n${namespace}\n${manifest.metadata.name}`, manifest);
  }
  return [...distinct.entries()].sort(([a], [b]) => compareText(a, b)).map(([, manifest]) => manifest);
}

function budgetNotice([first]: readonly Workload[], { length }: readonly Manifest[]): Notice[] {
  if (first === undefined || length <= AGENT_POLICY_LIMIT) return [];
  return [
    {
      code: 'PolicyBudget',
      service: '',
      message: `These are ${length} policies; the agents of a cluster hold ${AGENT_POLICY_LIMIT}. layout=merged needs one per service, layout=shared fewer still.`,
      document: 0,
      path: [],
    },
  ];
}

function noticeAnswer(
  { code, service, container, message, document, path }: Notice,
  services: Services,
): Compilation['notices'][number] {
  return {
    code,
    service,
    ...(container === undefined ? {} : { container }),
    message,
    document,
    pointer: toPointer(path),
    ...services.locate(document, path),
  };
}
