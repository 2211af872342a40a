import { z } from 'zod';
import type { SourceObject } from '../compiler/read-workloads.ts';
import { type Workload, workloadId } from '../compiler/workload.ts';
import { answerWithin, inTime, TimeoutSchema } from './admission-timeout.ts';
import { jsonAnswer, readDocuments } from './bodies.ts';
import type { DecisionAnswer } from './decisions.ts';
import { askedInBody, saysNothing } from './guard.ts';
import { readObject } from './objects.ts';
import { type App, addOperation } from './openapi.ts';
import { denialMessage } from './outputs/findings.ts';
import { Problem, type RequestFault } from './problems.ts';
import { readQuery } from './query.ts';
import {
  DECISION_PROBLEMS,
  decideServices,
  policySetQuery,
  readServiceObjects,
  resolvePermitted,
  type Services,
} from './services.ts';

const AdmissionQuerySchema = z.strictObject({ ...policySetQuery, timeout: TimeoutSchema });

const EXAMPLE_UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

const AdmissionRequestSchema = z
  .looseObject({
    uid: z
      .string()
      .min(1)
      .max(253)
      .meta({ description: 'What the answer is matched by.', examples: [EXAMPLE_UID] }),
    operation: z
      .enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT'])
      .meta({ description: 'What is done to the object.', examples: ['CREATE'] }),
    namespace: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'The namespace of the object.', examples: ['shop'] }),
    name: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Its name.', examples: ['web'] }),
    userInfo: z
      .looseObject({ username: z.string().nullable().optional() })
      .nullable()
      .optional()
      .meta({ description: 'Who does it.', examples: [{ username: 'ada' }] }),
    object: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({ description: 'What it shall be.', examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }),
    oldObject: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({ description: 'What it is.', examples: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }),
  })
  .meta({
    id: 'AdmissionRequest',
    description: 'What the API server asks (admission.k8s.io/v1). Other fields pass.',
    examples: [{ uid: EXAMPLE_UID, operation: 'CREATE', namespace: 'shop', name: 'web' }],
  });
type AdmissionRequest = z.output<typeof AdmissionRequestSchema>;

const AdmissionResponseSchema = z
  .strictObject({
    uid: z.string().meta({ description: 'That of the request.', examples: [EXAMPLE_UID] }),
    allowed: z.boolean().meta({ description: 'Whether it may be done.', examples: [false] }),
    status: z
      .strictObject({
        code: z
          .int()
          .meta({ description: '403: denied. 422: not valid. 504: not decided in time.', examples: [403] }),
        reason: z
          .enum(['Forbidden', 'Invalid', 'Timeout'])
          .meta({ description: 'The same in a word.', examples: ['Forbidden'] }),
        message: z.string().meta({
          description: 'What the user is told.',
          examples: ['hostPID is denied for monitoring/node-exporter: no policy permits it.'],
        }),
        details: z
          .strictObject({
            causes: z.array(
              z.strictObject({ reason: z.string(), message: z.string(), field: z.string().optional() }),
            ),
          })
          .optional()
          .meta({ description: 'Every denial or fault, with its field.', examples: [{ causes: [] }] }),
      })
      .optional()
      .meta({ description: 'Why not.' }),
    warnings: z
      .array(z.string())
      .optional()
      .meta({ description: 'What the user should know.', examples: [['Any binary may run.']] }),
  })
  .meta({
    id: 'AdmissionResponse',
    description: 'The answer to the API server.',
    examples: [{ uid: EXAMPLE_UID, allowed: true }],
  });
type AdmissionResponse = z.output<typeof AdmissionResponseSchema>;

const review = {
  apiVersion: z
    .literal('admission.k8s.io/v1')
    .meta({ description: 'The version of the protocol.', examples: ['admission.k8s.io/v1'] }),
  kind: z.literal('AdmissionReview').meta({ description: 'The kind.', examples: ['AdmissionReview'] }),
};
const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } as const;

const ReviewRequestSchema = z.looseObject({ ...review, request: AdmissionRequestSchema }).meta({
  id: 'AdmissionReviewRequest',
  description: 'An AdmissionReview as the API server sends it.',
  examples: [{ ...REVIEW, request: { uid: EXAMPLE_UID, operation: 'CREATE' } }],
});
const ReviewResponseSchema = z.strictObject({ ...review, response: AdmissionResponseSchema }).meta({
  id: 'AdmissionReviewResponse',
  description: 'An AdmissionReview as it is answered.',
  examples: [{ ...REVIEW, response: { uid: EXAMPLE_UID, allowed: true } }],
});

/** `POST /admission` */
export function admissionRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/admission',
    operationId: 'reviewAdmission',
    tag: 'Integrations',
    summary: 'Review an object for the API server',
    description:
      'A validating admission webhook (admission.k8s.io/v1): denies workloads with overrides that no policy permits, and warns of what else its author should know. What cannot be decided ends in an error, which the API server treats by `failurePolicy`.',
    query: AdmissionQuerySchema,
    body: { schema: ReviewRequestSchema, description: 'The AdmissionReview of the API server.' },
    answer: {
      description: 'Whether the object is admitted.',
      content: { 'application/json': { schema: ReviewResponseSchema } },
    },
    access: askedInBody('authorize', 'default'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const query = readQuery(context.req.url, AdmissionQuerySchema);
      const { value, locate } = readObject(await readDocuments(context.req.raw), ReviewRequestSchema);
      const { request } = value;
      const record = context.get('record');
      const answerOf = async (): Promise<AdmissionResponse> => {
        const version = await resolvePermitted(context, 'authorize', {
          policySet: query.policySet,
          version: query.version,
          namespaces: request.namespace == null || request.namespace === '' ? [] : [request.namespace],
        });
        const judge = async (key: 'object' | 'oldObject'): Promise<Judged> => {
          const services = readServiceObjects(objectsOf(request, key), (_, path) => locate(path), {
            namespace: request.namespace ?? undefined,
          });
          // The caller is permitted the namespace of the request, and no other.
          const elsewhere = services.workloads.find(({ namespace }) => namespace !== request.namespace);
          if (elsewhere !== undefined) {
            throw new Problem(
              'forbidden',
              `The object is of the namespace ${elsewhere.namespace}, which is not that of the request.`,
            );
          }
          return { services, decisions: await decideServices(services, version) };
        };
        const response = await record.time('decide', () => respond(request, judge));
        record.decided(response.judged.services.workloads.map(workloadId), response.judged.decisions);
        return response.answer;
      };
      const left = answerWithin(query.timeout) - record.elapsed();
      const response = await inTime(left, answerOf(), () => {
        saysNothing(context);
        return late(request.uid);
      });
      const answer: z.output<typeof ReviewResponseSchema> = { ...REVIEW, response };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}

/** The API server cuts a webhook off that is late, and tells nobody why: a denial does. */
function late(uid: string): AdmissionResponse {
  const message =
    'Tracewright could not decide in the time that the API server gives it, so it does not admit this. Try again.';
  return { uid, allowed: false, status: { code: 504, reason: 'Timeout', message } };
}

/** The workloads of an object, and what was decided of them. */
interface Judged {
  readonly services: Services;
  readonly decisions: readonly DecisionAnswer[];
}

const NOTHING: Judged = {
  services: { workloads: [], notices: [], locate: () => undefined },
  decisions: [],
};

async function respond(
  request: AdmissionRequest,
  judge: (key: 'object' | 'oldObject') => Promise<Judged>,
): Promise<{ readonly answer: AdmissionResponse; readonly judged: Judged }> {
  const { uid, operation, object } = request;
  const leaves = operation === 'DELETE' || operation === 'CONNECT' || object == null;
  if (leaves || isBeingDeleted(request) || isMadeByController(request))
    return { answer: { uid, allowed: true }, judged: NOTHING };
  let judged: Judged;
  try {
    judged = await judge('object');
  } catch (error) {
    const faults = error instanceof Problem ? error.extension.faults : undefined;
    if (faults === undefined) throw error;
    return { answer: invalid(uid, faults), judged: NOTHING };
  }
  const denials = judged.decisions.filter(({ decision }) => decision === 'deny');
  const before =
    operation === 'UPDATE' ? await askedBefore(judged.services.workloads, judge) : new Set<string>();
  const fresh = denials.filter((denial) => !before.has(questionOf(denial)));
  const warnings = [
    ...judged.services.notices
      .filter(({ code }) => code !== 'PassedThrough')
      .map(({ message, container }) => (container === undefined ? message : `${container}: ${message}`)),
    ...(fresh.length > 0
      ? []
      : denials.map((denial) => `${denialMessage(denial)} The object had it before, so it may stay.`)),
  ];
  const answer: AdmissionResponse = {
    uid,
    allowed: fresh.length === 0,
    ...(fresh.length === 0 ? {} : { status: denied(fresh) }),
    ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, MAX_WARNINGS).map(shorten) }),
  };
  return { answer, judged };
}

/** What the API server passes on of warnings is bounded: 4,096 characters in all, of which 256 a piece are shown. */
const MAX_WARNINGS = 16;
const MAX_WARNING = 250;

function shorten(text: string): string {
  const plain = text.replaceAll(/\p{C}+/gu, ' ');
  return plain.length <= MAX_WARNING ? plain : `${plain.slice(0, MAX_WARNING - 3)}...`;
}

function denied(denials: readonly DecisionAnswer[]): NonNullable<AdmissionResponse['status']> {
  return {
    code: 403,
    reason: 'Forbidden',
    message: denials.map(denialMessage).join(' '),
    details: {
      causes: denials.map((denial) => ({
        reason: denial.reason ?? 'NoPermitPolicy',
        message: denialMessage(denial),
        ...(denial.pointer === undefined ? {} : { field: withinObject(denial.pointer) }),
      })),
    },
  };
}

function invalid(uid: string, faults: readonly RequestFault[]): AdmissionResponse {
  const told = faults.map(({ message, pointer }) => ({ message, field: withinObject(pointer ?? '') }));
  return {
    uid,
    allowed: false,
    status: {
      code: 422,
      reason: 'Invalid',
      message: told.map(({ message, field }) => `${field}: ${message}`).join(' '),
      details: { causes: told.map((each) => ({ reason: 'FieldValueInvalid', ...each })) },
    },
  };
}

const OBJECT = '/request/object';

function withinObject(pointer: string): string {
  return pointer.startsWith(OBJECT) ? pointer.slice(OBJECT.length) : pointer;
}

/** The object of a request. The API server knows its namespace and name even where it does not say them itself. */
function objectsOf(request: AdmissionRequest, key: 'object' | 'oldObject'): SourceObject[] {
  const value = request[key];
  if (value == null) return [];
  const source = { document: 0, path: ['request', key] };
  const metadata = MetadataSchema.safeParse(value.metadata ?? {});
  if (!metadata.success || metadata.data.name != null || metadata.data.generateName != null || !request.name)
    return [{ value, source }];
  return [{ value: { ...value, metadata: { ...metadata.data, name: request.name } }, source }];
}

const MetadataSchema = z.looseObject({
  name: z.unknown().optional(),
  generateName: z.unknown().optional(),
  deletionTimestamp: z.unknown().optional(),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string(),
        kind: z.string(),
        controller: z.boolean().nullable().optional(),
      }),
    )
    .nullable()
    .optional()
    .catch(undefined),
});

/**
 * An object that is being deleted must be let go: a change that ends a finalizer is no new workload. What
 * it was is what the API server has stored, where nobody can write the time of a deletion.
 */
function isBeingDeleted({ operation, oldObject }: AdmissionRequest): boolean {
  const metadata = MetadataSchema.safeParse(oldObject?.metadata);
  return operation === 'UPDATE' && metadata.success && metadata.data.deletionTimestamp != null;
}

const CONTROLLER_MANAGER = 'system:kube-controller-manager';

/** The controllers of Kubernetes by what they make, and of what: that has been judged itself. */
const CONTROLLERS: readonly { readonly makes: string; readonly of: string; readonly account: string }[] = [
  { makes: 'v1 Pod', of: 'apps/v1 ReplicaSet', account: 'replicaset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 StatefulSet', account: 'statefulset-controller' },
  { makes: 'v1 Pod', of: 'apps/v1 DaemonSet', account: 'daemon-set-controller' },
  { makes: 'v1 Pod', of: 'batch/v1 Job', account: 'job-controller' },
  { makes: 'apps/v1 ReplicaSet', of: 'apps/v1 Deployment', account: 'deployment-controller' },
  { makes: 'batch/v1 Job', of: 'batch/v1 CronJob', account: 'cronjob-controller' },
];

/**
 * Whether a controller of Kubernetes makes the object from one that was judged when it was made. The
 * user is vouched for by the API server; owner references alone anybody can write.
 */
function isMadeByController({ object, userInfo }: AdmissionRequest): boolean {
  const metadata = MetadataSchema.safeParse(object?.metadata);
  const owner = metadata.success
    ? metadata.data.ownerReferences?.find(({ controller }) => controller === true)
    : undefined;
  if (owner === undefined) return false;
  return CONTROLLERS.some(
    ({ makes, of, account }) =>
      makes === `${object?.apiVersion} ${object?.kind}` &&
      of === `${owner.apiVersion} ${owner.kind}` &&
      (userInfo?.username === `system:serviceaccount:kube-system:${account}` ||
        userInfo?.username === CONTROLLER_MANAGER),
  );
}

/**
 * What an object asked for before the change, unless the change makes another principal of it. So a
 * permit that is taken back does not keep what runs from being scaled down or repaired.
 */
async function askedBefore(
  workloads: readonly Workload[],
  judge: (key: 'oldObject') => Promise<Judged>,
): Promise<ReadonlySet<string>> {
  let old: Judged;
  try {
    old = await judge('oldObject');
  } catch (error) {
    // What was not valid cannot have been judged.
    if (error instanceof Problem && error.code === 'invalid-request') return new Set();
    throw error;
  }
  const principal = ({ kind, labels }: Workload): string =>
    JSON.stringify([kind, Object.entries(labels).sort()]);
  const same = workloads.map(principal).join() === old.services.workloads.map(principal).join();
  return new Set(same ? old.decisions.map(questionOf) : []);
}

/** What makes two decisions the answers to one question. */
function questionOf({ service, container, image, override, implicit }: DecisionAnswer): string {
  return JSON.stringify([service, container, image, override, implicit]);
}
