import type { Context } from 'hono';
import { manifestYaml } from '../../compiler/emit/manifest-yaml.ts';
import type { CompileOptions } from '../../compiler/model/options.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import { compactJson } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { type CompileOutcome, commentsOf, compileJudgement } from '../../judgement/compile-judgement.ts';
import type { Judgement } from '../../judgement/judge-workloads.ts';
import { versionAnswer } from '../../judgement/resolve-version.ts';
import { kustomizeComponent } from '../../outputs/kustomize.ts';
import { type Output, REPORTS } from '../../outputs/outputs.ts';
import type { STREAMS } from '../../outputs/streams.ts';
import { type AttestedRequest, attest } from '../attestations/attest.ts';
import { compilationAnswer, patchesOf } from './compilation-answer.ts';
import type { CompileMemory, Written } from './compile-memory.ts';

/** Writes the attestation of a compilation. */
export async function attestation(
  context: Context<Environment>,
  compilation: CompileOutcome,
  request: AttestedRequest,
): Promise<Written> {
  return { text: await attest(context, compilation, request), notices: compilation.notices.length };
}

/** The longest answer that is remembered, in characters. */
const LONGEST_ANSWER = 100_000;

/** Compiles a judgement and writes the output, or returns what was written last for the same decisions and options. */
export function writtenOnce(
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
