import type { Context } from 'hono';
import { z } from 'zod';
import { labelPatch } from '../../compiler/emit/label-patch.ts';
import { manifestYaml } from '../../compiler/emit/manifest-yaml.ts';
import { type Manifest, ManifestSchema } from '../../compiler/emit/tracing-policy.ts';
import type { CompileOptions } from '../../compiler/model/options.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import { logInternalError } from '../../http/audit.ts';
import { BODY_TYPES, compactJson, readBody, taggedAnswer } from '../../http/bodies.ts';
import { DecisionSchema, PolicySetVersionSchema } from '../../http/decision-answer.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { readRememberedQuery } from '../../http/query.ts';
import {
  type CompiledWorkload,
  type CompileOutcome,
  commentsOf,
  compileJudgement,
} from '../../judgement/compile-judgement.ts';
import { deniedProblem, type Judgement, judgeWorkloads } from '../../judgement/judge-workloads.ts';
import { NoticeSchema } from '../../judgement/notice-answer.ts';
import { readWorkloadBodyText } from '../../judgement/read-workload-body.ts';
import { dependsOnAlias, versionAnswer } from '../../judgement/resolve-version.ts';
import { ServiceSummarySchema, serviceSummary } from '../../judgement/service-summaries.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { kustomizeComponent } from '../../outputs/kustomize.ts';
import { chooseOutput, type Output, REPORTS, reportContent, streamContent } from '../../outputs/outputs.ts';
import { STREAMS, streamOf } from '../../outputs/streams.ts';
import { EnvelopeSchema } from '../../provenance/dsse.ts';
import { attest } from '../attestations/attestation-routes.ts';
import type { CompileMemory, Written } from './compile-memory.ts';
import { CompileQuerySchema } from './compile-query.ts';

export const CompilationAnswerSchema = z
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
type CompilationAnswer = z.output<typeof CompilationAnswerSchema>;

/** `POST /compile` */
export function compileRoutes(app: App, memory: CompileMemory): void {
  addOperation(app, {
    method: 'post',
    path: '/compile',
    operationId: 'compileServices',
    tag: 'Compile',
    summary: 'Compile services into Tetragon policies',
    description:
      'Authorizes every security override of every service, and compiles them if all are permitted. If one is denied, all denials are answered and nothing is compiled. With `Accept: application/yaml` the answer is the manifests alone, for `kubectl apply -f -`; SARIF, JUnit XML, GitHub annotations and Markdown tell of denials (status 403) and notices. `application/x-ndjson` and `application/yaml-seq` are written service by service, once everything is permitted.',
    query: CompileQuerySchema,
    body: {
      schema: WorkloadSchema,
      description:
        'Lattice services, jobs and models, and Kubernetes workloads (Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, PodTemplate, Job, CronJob): one, several YAML documents, or a `v1` List; up to 100 of them and 1 MiB. Other objects pass, with a notice.',
    },
    answer: {
      description: 'Every override is permitted; these are the policies.',
      content: {
        'application/json': { schema: CompilationAnswerSchema },
        'application/yaml': {
          schema: z.string().meta({
            description: 'The manifests as YAML documents.',
            examples: ['---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicyNamespaced\n'],
          }),
        },
        'application/vnd.in-toto+json': { schema: EnvelopeSchema },
        ...streamContent(),
        ...reportContent(),
      },
      denied: reportContent(),
    },
    access: askedInBody('compile', 'default'),
    problems: [...DECISION_PROBLEMS, 'overrides-denied', 'option-forbidden'],
    handle: async (context) => {
      const {
        policySet,
        version,
        namespace,
        output,
        attest: attested,
        path,
        ...options
      } = readRememberedQuery(context.req.url, CompileQuerySchema, memory.queries);
      const chosen = chooseOutput(context, attested ? 'attestation' : output);
      const record = context.get('record');
      const { body, services } = await record.time('read', async () => {
        const read = await readBody(context.req.raw, BODY_TYPES);
        return {
          body: read,
          services: readWorkloadBodyText(memory.bodies, read.text, read.type, { namespace }),
        };
      });
      const order = { policySet, version, namespace, options };
      const judgement = await judgeWorkloads(context, services, order, memory.bodies);
      const denied = !judgement.permitted;
      if (denied && !Object.hasOwn(REPORTS, chosen.output)) throw deniedProblem(judgement);
      if (denied) record.problem = 'overrides-denied';
      const { name, version: number, digest } = judgement.version;
      const headers = {
        'content-type': chosen.type,
        'tracewright-policy-set': `${name}; version=${number}; digest="${digest}"`,
        vary: 'accept',
        'cache-control': 'no-store',
      };
      if (chosen.output === 'ndjson' || chosen.output === 'yaml-seq')
        return new Response(
          streamOf(STREAMS[chosen.output].write(judgement, options), (error) =>
            logInternalError(error, record.requestId),
          ),
          { headers },
        );
      const { text, notices } =
        chosen.output === 'attestation'
          ? await attestation(context, compileJudgement(judgement, options), { bytes: body.bytes, options })
          : writtenOnce(memory, judgement, chosen.output, options, path);
      const answer = new Response(text, {
        status: denied ? 403 : 200,
        headers: { ...headers, 'tracewright-notices': String(notices) },
      });
      return denied || dependsOnAlias(version) ? answer : taggedAnswer(context, answer);
    },
  });
}

async function attestation(
  context: Context<Environment>,
  compilation: CompileOutcome,
  input: Parameters<typeof attest>[2],
): Promise<Written> {
  return { text: await attest(context, compilation, input), notices: compilation.notices.length };
}

/** A longer answer is written anew each time. */
const LONGEST_ANSWER = 100_000;

function writtenOnce(
  memory: CompileMemory,
  judgement: Judgement,
  output: Exclude<Output, 'attestation' | keyof typeof STREAMS>,
  options: CompileOptions,
  path: string | undefined,
): Written {
  const answers = memory.answersOf(judgement.decisions);
  const key = JSON.stringify([versionAnswer(judgement.version), output, options, path]);
  const held = answers.get(key);
  if (held !== undefined) return held;
  const compilation = compileJudgement(judgement, options);
  const answer = { text: answerText(output, compilation, path), notices: compilation.notices.length };
  if (answer.text.length <= LONGEST_ANSWER) answers.set(key, answer);
  return answer;
}

function answerText(
  output: Exclude<Output, 'attestation' | keyof typeof STREAMS>,
  compilation: CompileOutcome,
  path: string | undefined,
): string {
  const { body, version, decisions, notices, permitted } = compilation;
  const { compiled, manifests } = permitted ?? { compiled: [], manifests: [] };
  switch (output) {
    case 'yaml':
      return manifestYaml(manifests, commentsOf(compiled, notices));
    case 'kustomize':
      return kustomizeComponent(patchesOf(compiled));
    case 'json':
      return compactJson(compilationAnswer(compilation, compiled, manifests));
    default:
      return REPORTS[output].write({
        path,
        policySet: versionAnswer(version),
        services: body.workloads.map(workloadId),
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
  { version, decisions, notices }: CompileOutcome,
  compiled: readonly CompiledWorkload[],
  manifests: readonly Manifest[],
): CompilationAnswer {
  const patches = patchesOf(compiled);
  return {
    policySet: versionAnswer(version),
    services: compiled.map(serviceSummary),
    manifests: [...manifests],
    decisions: [...decisions],
    notices: [...notices],
    ...(patches.length === 0 ? {} : { kustomizeComponent: kustomizeComponent(patches) }),
  };
}
