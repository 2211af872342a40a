import type { Context } from 'hono';
import { workloadId } from '../../compiler/model/workload.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import type { Environment } from '../../http/environment.ts';
import { decideWorkloads } from '../../judgement/decide-workloads.ts';
import { noticeAnswers } from '../../judgement/notice-answer.ts';
import { readByVersion } from '../../judgement/read-by-version.ts';
import { readParsedInput } from '../../judgement/read-workload-body.ts';
import { withStoredImages } from '../../judgement/stored-images.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { readParts } from '../../judgement/workload-parts.ts';
import { learn } from '../../learn/learn.ts';
import { patchWorkloads } from '../../learn/patch/patch-workloads.ts';
import type { AllowlistProposal } from '../../learn/patch/proposal.ts';
import { type MissingPermit, missingPermits } from '../../learn/permits.ts';
import type { LearnOutcome } from './learn-answer.ts';
import { type LearnQuery, learnOptionsOf, readOptionsOf } from './learn-query.ts';
import type { Learning } from './read-learn-body.ts';

/** What was learnt, and the workloads with the proposals in them. */
export interface Learnt extends LearnOutcome {
  readonly proposals: readonly AllowlistProposal[];
  /** The overrides that no policy permits, and that a permit could. */
  readonly missing: readonly MissingPermit[];
  /** The text of the workloads with the proposals in it. */
  readonly text: string;
  readonly syntax: 'json' | 'yaml';
}

/**
 * Learns from what was observed, writes the proposals into the workloads, and has Cedar decide about the result as
 * `/compile` would: nothing is permitted because it ran.
 *
 * @throws Problem `invalid-request`, `policy-set-corrupt`; Failure when stored images cannot be read.
 */
export async function learnFromEvents(
  context: Context<Environment>,
  learning: Learning,
  query: LearnQuery,
): Promise<Learnt> {
  const { observer, reader, version, input, body, workloads: part } = learning;
  const record = context.get('record');
  const { counts } = reader;
  const options = learnOptionsOf(query);
  const learnt = body.workloads.map((workload) =>
    learn(workload, observer.observations, counts.dropped, options),
  );
  const proposals = learnt.flatMap(({ workload, containers }) =>
    containers.flatMap(({ container, proposal }) =>
      proposal === undefined ? [] : [{ workload, container, allowedBinaries: proposal.allowedBinaries }],
    ),
  );
  const { syntax, documents } = input;
  const kinds = version.settings.workloadKinds;
  const patched = patchWorkloads(
    { text: part.text, syntax, documents, options: { ...readOptionsOf(query), kinds } },
    proposals,
  );
  const after = await readAgain(context, learning, patched.text, query);
  const decisions = await record.time('decide', () => decideWorkloads(after, version));
  record.decided(after.workloads.map(workloadId), decisions);
  return {
    version,
    counts,
    setAside: observer.setAside,
    learnt,
    refused: patched.refused,
    decisions,
    notices: noticeAnswers(after.notices, after),
    proposals,
    missing: missingPermits(after.workloads, decisions),
    text: patched.text,
    syntax,
  };
}

async function readAgain(
  context: Context<Environment>,
  { workloads, images, version }: Learning,
  text: string,
  query: LearnQuery,
): Promise<WorkloadBody> {
  const body = readParsedInput(
    readParts({ ...workloads, text }, images, parseDocuments),
    readOptionsOf(query),
  );
  return withStoredImages(context, readByVersion(body, version));
}
