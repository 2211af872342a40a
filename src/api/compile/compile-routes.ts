import type { Context } from 'hono';
import { z } from 'zod';
import { taggedAnswer } from '../../http/answers.ts';
import { logInternalError } from '../../http/audit.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readRememberedQuery } from '../../http/query.ts';
import { compileJudgement } from '../../judgement/compile-judgement.ts';
import { deniedProblem, judgeWorkloads } from '../../judgement/judge-workloads.ts';
import { readRememberedInput } from '../../judgement/read-workload-body.ts';
import { dependsOnAlias, versionHeader } from '../../judgement/resolve-version.ts';
import { readWorkloadInput } from '../../judgement/workload-input.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { WORKLOAD_FORM, WorkloadRequestSchema } from '../../judgement/workload-request.ts';
import { chooseOutput, REPORTS, reportContent, streamContent } from '../../outputs/outputs.ts';
import { streamOf } from '../../outputs/stream-bytes.ts';
import { STREAMS } from '../../outputs/streams.ts';
import { EnvelopeSchema } from '../../provenance/dsse.ts';
import { CompilationAnswerSchema } from './compilation-answer.ts';
import type { CompileMemory } from './compile-memory.ts';
import { CompileQuerySchema } from './compile-query.ts';
import { attestation, writtenOnce } from './write-outcome.ts';

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
      schema: WorkloadRequestSchema,
      otherContent: WORKLOAD_FORM,
      description:
        'Lattice services, jobs and models, and Kubernetes workloads (Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, PodTemplate, Job, CronJob): one, several YAML documents, or a `v1` List; up to 1,000 of them and 16 MiB, plain or with `content-encoding: gzip`. Other objects pass, with a notice. With configs of images, the body is `{workloads, images}` or a form.',
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
    handle: (context) => answerCompile(context, memory),
  });
}

/** Reads, judges and compiles the workloads of one request, and writes the output that it asks for. */
async function answerCompile(context: Context<Environment>, memory: CompileMemory): Promise<Response> {
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
  const { bytes, workloads } = await record.time('read', async () => {
    const input = await readWorkloadInput(context.req.raw);
    return {
      // Only an attestation says which bytes were sent. A large body should not be kept for nothing.
      bytes: chosen.output === 'attestation' ? input.bytes : new Uint8Array(0),
      workloads: readRememberedInput(memory.bodies, input, { namespace }),
    };
  });
  const request = { policySet, version, namespace, options };
  const judgement = await judgeWorkloads(context, workloads, request, memory.bodies);
  const denied = !judgement.permitted;
  if (denied && !Object.hasOwn(REPORTS, chosen.output)) throw deniedProblem(judgement);
  if (denied) record.problem = 'overrides-denied';
  const headers = {
    'content-type': chosen.type,
    'tracewright-policy-set': versionHeader(judgement.version),
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
      ? await attestation(context, compileJudgement(judgement, options), { bytes, options })
      : writtenOnce(memory, judgement, chosen.output, options, path);
  const answer = new Response(text, {
    status: denied ? 403 : 200,
    headers: { ...headers, 'tracewright-notices': String(notices) },
  });
  return denied || dependsOnAlias(version) ? answer : taggedAnswer(context, answer);
}
