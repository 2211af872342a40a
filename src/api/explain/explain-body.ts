import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import type { Path } from '../../compiler/model/pointer.ts';
import { member } from '../../compiler/read/mapping.ts';
import { collect, isMultipart, readMultipart } from '../../http/multipart.ts';
import { invalidRequest } from '../../http/problems.ts';
import { readBody, readWorkloadText } from '../../http/read-body.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { readSentEvents, type SentEvents } from './read-events.ts';

/** The media types of events, one on each line. */
const LINE_TYPES = ['application/x-ndjson', 'application/jsonl'];

/** An event for the examples of schemas. */
const EXAMPLE_EVENT = {
  process_kprobe: {
    process: {
      binary: '/usr/bin/api-server',
      in_init_tree: true,
      pod: {
        namespace: 'production',
        name: 'api-server-7d9c5b8f4-x2x7k',
        container: { name: 'app' },
        pod_labels: { 'app.kubernetes.io/name': 'api-server' },
      },
    },
    parent: { binary: '/usr/bin/tini', in_init_tree: true },
    function_name: 'security_bprm_check',
    args: [
      { linux_binprm_arg: { path: '/usr/bin/curl', permission: '-rwxr-xr-x' }, label: 'resolved' },
      { string_arg: '/usr/bin/curl', label: 'requested' },
      { uint_arg: 1, label: 'links' },
    ],
    action: 'KPROBE_ACTION_SIGKILL',
    policy_name: 'allow-binaries-api-server',
    message: 'Blocked a binary outside the allowlist of service production/api-server (default version 7)',
    tags: ['lattice.dev/runtime-enforcement', 'allow-binaries'],
  },
  node_name: 'node-1',
  time: '2026-11-25T21:08:07.560264089Z',
};

const EventSchema = z.looseObject({}).meta({
  id: 'TetragonEvent',
  description: "An event as Tetragon's API has it (`GetEventsResponse`), in JSON.",
  examples: [EXAMPLE_EVENT],
});

/** The schema of events without a workload. */
export const EventsSchema = z.union([EventSchema, z.array(EventSchema)]).meta({
  id: 'TetragonEvents',
  description: 'One event of Tetragon, or several.',
  examples: [EXAMPLE_EVENT],
});

const EventLinesSchema = z.string().meta({
  description: 'Events of Tetragon, one on each line.',
  examples: [`${JSON.stringify(EXAMPLE_EVENT)}\n`],
});

/** The schema of a form with events and the workloads that they are of. */
const ExplainPartsSchema = z
  .strictObject({
    events: z.string().meta({
      description: 'Events of Tetragon: one, a JSON array of them, or one on each line.',
      examples: [JSON.stringify(EXAMPLE_EVENT)],
    }),
    workloads: z
      .string()
      .optional()
      .meta({
        description: 'The workloads, as `/compile` takes them.',
        examples: [
          'apiVersion: lattice.dev/v1alpha1\nkind: LatticeService\nmetadata: {name: api-server, namespace: production}\nspec:\n  workload:\n    containers:\n      - name: app\n        command: [/usr/bin/api-server]\n',
        ],
      }),
  })
  .meta({
    id: 'ExplainParts',
    description: 'Events, and the workloads that they are of.',
    examples: [{ events: JSON.stringify(EXAMPLE_EVENT) }],
  });

/** The bodies of `POST /explain` besides JSON. */
export const EXPLAIN_CONTENT = {
  ...Object.fromEntries(LINE_TYPES.map((type) => [type, { schema: EventLinesSchema }])),
  'multipart/form-data': { schema: ExplainPartsSchema },
};

/** The body of `POST /explain`. */
interface ExplainBody {
  readonly sent: SentEvents;
  /** The workloads; undefined when none were sent. */
  readonly body: SentWorkloads | undefined;
}

/** The workloads of a body, and whether one of its documents has a value at a path. */
export interface SentWorkloads extends WorkloadBody {
  has(document: number, path: Path): boolean;
}

/**
 * Reads the body of `POST /explain`.
 *
 * @param namespace The namespace of Kubernetes workloads that name none.
 * @throws Problem `unsupported-media-type`, `body-too-large`, `malformed-body` or `invalid-request`
 */
export async function readExplainBody(request: Request, namespace: string | undefined): Promise<ExplainBody> {
  if (!isMultipart(request)) {
    const { text } = await readBody(request, ['application/json', ...LINE_TYPES]);
    return { sent: readSentEvents(text), body: undefined };
  }
  const rules = { events: collect(LIMITS.bodyBytes), workloads: collect(LIMITS.bodyBytes) };
  const parts = await readMultipart(request, rules, LIMITS.explainBytes);
  const events = parts.find(({ name }) => name === 'events');
  const workloads = parts.find(({ name }) => name === 'workloads');
  if (events === undefined)
    throw invalidRequest([
      { message: 'The body has no part "events". Send one: curl -F events=@events.ndjson' },
    ]);
  const sent = readSentEvents(events.text);
  if (workloads === undefined) return { sent, body: undefined };
  const documents = readWorkloadText(workloads.text, workloads.type);
  const has = (document: number, path: Path): boolean =>
    path.reduce(stepInto, documents[document]?.value) != null;
  return { sent, body: { ...readWorkloadBody(documents, { namespace }), has } };
}

function stepInto(value: unknown, step: string | number): unknown {
  return Array.isArray(value) && typeof step === 'number' ? value[step] : member(value, String(step));
}
