import type { Context } from 'hono';
import { stoppingSelectorFaults } from '../../compiler/derive/pod-selectors.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import { EventReader } from '../../events/event-reader.ts';
import type { Environment } from '../../http/environment.ts';
import {
  type CollectedPart,
  collect,
  isMultipart,
  type PartSink,
  readMultipart,
  stream,
} from '../../http/multipart.ts';
import { invalidRequest, Problem } from '../../http/problems.ts';
import { readPermitted } from '../../judgement/read-by-version.ts';
import { faultyBodyProblem, readParsedInput } from '../../judgement/read-workload-body.ts';
import { permitAndResolveVersion } from '../../judgement/resolve-version.ts';
import { withStoredImages } from '../../judgement/stored-images.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { missingWorkloads } from '../../judgement/workload-input.ts';
import { readParts } from '../../judgement/workload-parts.ts';
import { Observer } from '../../learn/observer.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import { type LearnQuery, readOptionsOf } from './learn-query.ts';

/** The workloads of a request, before its events are read. */
export interface Learning {
  readonly version: ResolvedVersion;
  readonly workloads: CollectedPart;
  readonly images: readonly CollectedPart[];
  readonly input: ReturnType<typeof readParts>;
  readonly body: WorkloadBody;
  readonly observer: Observer;
  readonly reader: EventReader;
}

/**
 * Reads the body of `POST /learn`: the workloads and images first, then the events, of which nothing is kept but what
 * was observed. The caller is asked for before the first event is read.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large`, `malformed-body`, `invalid-request` or `forbidden`.
 */
export async function readLearnBody(context: Context<Environment>, query: LearnQuery): Promise<Learning> {
  const request = context.req.raw;
  if (!isMultipart(request))
    throw new Problem(
      'unsupported-media-type',
      'Send the workloads and the events as parts of one body: curl -F workloads=@deployment.yaml -F events=@events.ndjson',
      {},
      { accept: 'multipart/form-data' },
    );
  const session = new LearnSession(context, query);
  const parts = await readMultipart(
    request,
    {
      workloads: collect(LIMITS.bodyBytes),
      images: collect(LIMITS.bodyBytes, LIMITS.parts, LIMITS.imageBytes),
      events: stream((_, before) => session.open(before), LIMITS.parts),
    },
    LIMITS.eventBytes + LIMITS.formBytes,
  );
  return session.result(parts);
}

/** Begins to learn when the first file of events begins. */
class LearnSession {
  readonly #context: Context<Environment>;
  readonly #query: LearnQuery;
  #learning: Promise<Learning> | undefined;
  /** How many parts came before the events. */
  #before = 0;

  constructor(context: Context<Environment>, query: LearnQuery) {
    this.#context = context;
    this.#query = query;
  }

  /** Opens a file of events. @param before The parts that came before it. */
  open(before: readonly CollectedPart[]): PartSink {
    if (this.#learning === undefined) {
      this.#before = before.length;
      this.#learning = beginLearning(this.#context, before, this.#query);
      // What it throws is thrown by the first piece of the file, or by its end.
      this.#learning.catch(() => undefined);
    }
    const file = this.#learning.then(({ reader }) => reader.open());
    file.catch(() => undefined);
    return {
      write: async (bytes) => (await file).push(bytes),
      end: async () => (await file).end(),
    };
  }

  /** What was read of the whole body. */
  async result(parts: readonly CollectedPart[]): Promise<Learning> {
    if (this.#learning === undefined) throw parts.length === 0 ? missingWorkloads() : missingEvents();
    if (parts.length > this.#before) throw partsAfterEvents();
    const learning = await this.#learning;
    const { counts } = learning.reader;
    if (counts.exec + counts.exit + counts.kprobe > 0) return learning;
    throw invalidRequest([
      {
        message: `None of the ${counts.lines} lines of the events is an event that is read. Send what tetra getevents -o json prints, or the export file of the agent.`,
      },
    ]);
  }
}

function missingEvents(): Problem {
  return invalidRequest([
    { message: 'The body has no part events. Send it after the workloads: curl -F events=@events.ndjson' },
  ]);
}

function partsAfterEvents(): Problem {
  return invalidRequest([
    { message: 'Send the parts workloads and images before the events, which are read as they arrive.' },
  ]);
}

async function beginLearning(
  context: Context<Environment>,
  before: readonly CollectedPart[],
  query: LearnQuery,
): Promise<Learning> {
  const workloads = before.find(({ name }) => name === 'workloads');
  if (workloads === undefined) throw before.length === 0 ? partsAfterEvents() : missingWorkloads();
  const images = before.filter(({ name }) => name === 'images');
  const input = readParts(workloads, images, parseDocuments);
  const sent = readParsedInput(input, readOptionsOf(query));
  const version = await permitAndResolveVersion(context, 'compile', {
    policySet: query.policySet,
    version: query.version,
    namespaces: sent.workloads.map((workload) => workload.namespace),
  });
  const read = await readPermitted(context, 'compile', sent, version, query);
  const body = await withStoredImages(context, read);
  const unselectable = stoppingSelectorFaults(body.workloads);
  if (unselectable.length > 0) throw faultyBodyProblem(unselectable, body);
  const observer = new Observer(body.workloads);
  const reader = new EventReader((event) => observer.take(event));
  return { version, workloads, images, input, body, observer, reader };
}
