import { z } from 'zod';
import { labelPatch } from '../compiler/label-patch.ts';
import { CompileOptionsSchema } from '../compiler/options.ts';
import { WorkloadSchema } from '../compiler/read-workloads.ts';
import { type Manifest, ManifestSchema } from '../compiler/tracing-policy.ts';
import { workloadId } from '../compiler/workload.ts';
import { EnvelopeSchema } from '../provenance/dsse.ts';
import { attest } from './attestations.ts';
import { BODY_TYPES, jsonText, readBody, readText, taggedAnswer } from './bodies.ts';
import {
  type Compilation,
  type CompiledWorkload,
  commentsOf,
  compileServices,
  deniedProblem,
  NoticeSchema,
} from './compilation.ts';
import { DecisionSchema, PolicySetVersionSchema } from './decisions.ts';
import { toYaml } from './manifest-yaml.ts';
import { type App, addOperation } from './openapi.ts';
import { kustomizeComponent } from './outputs/kustomize.ts';
import { chooseOutput, type Output, outputQuery, REPORTS, reportContent } from './outputs/outputs.ts';
import { readQuery } from './query.ts';
import { DECISION_PROBLEMS, dependsOnAlias, readServices, versionAnswer, workloadQuery } from './services.ts';

const CompileQuerySchema = CompileOptionsSchema.extend({ ...workloadQuery, ...outputQuery });

const LabelPatchSchema = z
  .strictObject({
    target: z
      .strictObject({
        apiVersion: z.string().meta({ description: 'Its apiVersion.', examples: ['apps/v1'] }),
        kind: z.string().meta({ description: 'Its kind.', examples: ['Deployment'] }),
        name: z.string().meta({ description: 'Its name.', examples: ['web'] }),
        namespace: z.string().meta({ description: 'Its namespace.', examples: ['shop'] }),
      })
      .meta({ description: 'The object whose pods need the labels.' }),
    jsonPatch: z
      .array(
        z.strictObject({
          op: z.literal('add'),
          path: z.string(),
          value: z.union([z.string(), z.record(z.string(), z.unknown())]),
        }),
      )
      .meta({ description: 'A JSON patch (RFC 6902) for the object as it was sent.' }),
  })
  .meta({
    id: 'LabelPatch',
    description: 'What adds the labels of `podLabels` to the pod template of an object.',
    examples: [
      {
        target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
        jsonPatch: [
          { op: 'add', path: '/spec/template/metadata/labels/lattice.dev~1run-as-non-root', value: 'true' },
        ],
      },
    ],
  });

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
    labelPatch: LabelPatchSchema.optional(),
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
    kustomizeComponent: z
      .string()
      .optional()
      .meta({
        description:
          'A Kustomize component that adds the labels to the pod templates, when there are any to add.',
        examples: ['apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: []\n'],
      }),
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
type CompilationAnswer = z.output<typeof CompilationSchema>;

/** `POST /compile` */
export function compileRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/compile',
    operationId: 'compileServices',
    tag: 'Compile',
    summary: 'Compile services into Tetragon policies',
    description:
      'Authorizes every security override of every service, and compiles them if all are permitted. If one is denied, all denials are answered and nothing is compiled. With `Accept: application/yaml` the answer is the manifests alone, for `kubectl apply -f -`; SARIF, JUnit XML, GitHub annotations and Markdown tell of denials (status 403) and notices.',
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
        'application/vnd.in-toto+json': { schema: EnvelopeSchema },
        ...reportContent(),
      },
      denied: reportContent(),
    },
    access: 'body',
    problems: [...DECISION_PROBLEMS, 'overrides-denied'],
    handle: async (context) => {
      const {
        policySet,
        version,
        namespace,
        output,
        attest: attested,
        path,
        ...options
      } = readQuery(context.req.url, CompileQuerySchema);
      const chosen = chooseOutput(context, attested ? 'attestation' : output);
      const record = context.get('record');
      const { body, services } = await record.time('read', async () => {
        const read = await readBody(context.req.raw, BODY_TYPES);
        return { body: read, services: readServices(readText(read.text, read.type), { namespace }) };
      });
      const compilation = await compileServices(context, services, {
        policySet,
        version,
        options,
        namespace,
      });
      const denied = compilation.permitted === undefined;
      if (denied && !Object.hasOwn(REPORTS, chosen.output)) throw deniedProblem(compilation);
      if (denied) record.problem = 'overrides-denied';
      const input = { bytes: body.bytes, options };
      const text =
        chosen.output === 'attestation'
          ? await attest(context, compilation, input)
          : answerText(chosen.output, compilation, path);
      const { name, version: number, digest } = compilation.version;
      const answer = new Response(text, {
        status: denied ? 403 : 200,
        headers: {
          'content-type': chosen.type,
          'tracewright-policy-set': `${name}; version=${number}; digest="${digest}"`,
          'tracewright-notices': String(compilation.notices.length),
          vary: 'accept',
          'cache-control': 'no-store',
        },
      });
      return denied || dependsOnAlias(version) ? answer : taggedAnswer(context, answer);
    },
  });
}

function answerText(
  output: Exclude<Output, 'attestation'>,
  compilation: Compilation,
  path: string | undefined,
): string {
  const { services, version, decisions, notices, permitted } = compilation;
  const { compiled, manifests } = permitted ?? { compiled: [], manifests: [] };
  switch (output) {
    case 'yaml':
      return toYaml(manifests, commentsOf(compiled, notices));
    case 'kustomize':
      return kustomizeComponent(patchesOf(compiled));
    case 'json':
      return jsonText(compilationAnswer(compilation, compiled, manifests));
    default:
      return REPORTS[output].write({
        path,
        policySet: versionAnswer(version),
        services: services.workloads.map(workloadId),
        decisions,
        notices,
        manifests: permitted === undefined ? undefined : manifests.length,
      });
  }
}

function patchesOf(compiled: readonly CompiledWorkload[]): NonNullable<ReturnType<typeof labelPatch>>[] {
  return compiled.flatMap(({ workload, podLabels }) => labelPatch(workload, podLabels) ?? []);
}

function compilationAnswer(
  { version, decisions, notices }: Compilation,
  compiled: readonly CompiledWorkload[],
  manifests: readonly Manifest[],
): CompilationAnswer {
  const patches = patchesOf(compiled);
  return {
    policySet: versionAnswer(version),
    services: compiled.map(({ workload, manifests: own, podLabels }) => {
      const patch = labelPatch(workload, podLabels);
      return {
        service: workloadId(workload),
        manifests: own.map(({ metadata }) => metadata.name),
        podLabels: { ...podLabels },
        ...(patch === undefined
          ? {}
          : { labelPatch: { target: patch.target, jsonPatch: [...patch.jsonPatch] } }),
      };
    }),
    manifests: [...manifests],
    decisions: [...decisions],
    notices: [...notices],
    ...(patches.length === 0 ? {} : { kustomizeComponent: kustomizeComponent(patches) }),
  };
}
