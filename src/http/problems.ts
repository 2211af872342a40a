import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { ACCESS_ACTIONS, ACCESS_DENIAL_REASONS } from '../cedar/decide-access.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { GATES } from '../policy-sets/draft.ts';
import {
  DecisionChangeSchema,
  DecisionSchema,
  DeterminingPolicySchema,
  PolicySetVersionSchema,
  placeFields,
} from './decision-answer.ts';

/**
 * Every way a request can fail, as RFC 9457 problem types. `type` is stable: a client may switch on it.
 * `when` is what docs/errors.md says of it.
 */
export const PROBLEMS = {
  'malformed-body': {
    status: 400,
    title: 'The body cannot be parsed',
    when: 'The body is not UTF-8, not JSON or YAML, or readers would not agree on what it says: repeated keys, unknown tags, too much nesting, too many values or aliases.',
  },
  'invalid-request': {
    status: 422,
    title: 'The request is not valid',
    when: 'Something in the body, the path, the query or a header is not valid. Everything that is wrong is listed at once, with its place.',
  },
  unauthenticated: {
    status: 401,
    title: 'The caller is not known',
    when: 'There are no credentials, or they are not good: unknown, expired, revoked, or of an issuer that is not trusted.',
  },
  forbidden: {
    status: 403,
    title: 'The caller may not do this',
    when: 'The management policies, or the bounds of the API key, do not let the caller do this.',
  },
  'option-forbidden': {
    status: 403,
    title: 'The policy set does not allow this option',
    when: 'The settings of the policy set forbid an option of the request.',
  },
  'overrides-denied': {
    status: 403,
    title: 'Security overrides are denied',
    when: 'One override or more is denied, so nothing is compiled. Every denial is listed.',
  },
  'policy-set-not-found': {
    status: 404,
    title: 'There is no such policy set',
    when: 'There is no policy set of this name.',
  },
  'policy-set-version-not-found': {
    status: 404,
    title: 'The policy set has no such version',
    when: 'The policy set has no version of this number or digest, or no alias of this name.',
  },
  'api-key-not-found': {
    status: 404,
    title: 'There is no such API key',
    when: 'There is no API key of this id.',
  },
  'attestation-invalid': {
    status: 422,
    title: 'The attestation is not good',
    when: '`/verify`: no key of this Worker has signed the attestation, or it is about another text.',
  },
  'two-people-required': {
    status: 403,
    title: 'Another person must activate this version',
    when: 'The rule of two people is on, and the caller has published the version itself.',
  },
  'policy-set-exists': {
    status: 409,
    title: 'There is such a policy set already',
    when: 'A policy set of this name is there already.',
  },
  'policy-set-archived': {
    status: 409,
    title: 'The policy set is archived',
    when: 'The policy set is archived: it takes no changes, and its aliases lead nowhere.',
  },
  'version-rejected': {
    status: 422,
    title: 'The version does not pass the gates',
    when: 'The version does not pass the gates. Every fault is listed, with its gate and policy.',
  },
  'new-denials': {
    status: 409,
    title: 'The version denies what is permitted now',
    when: '`requireNoNewDenials`: the version denies what is permitted now. The decisions are listed.',
  },
  'corpus-missing': {
    status: 409,
    title: 'The policy set has no corpus',
    when: '`requireNoNewDenials`, but the policy set has no corpus of services to try the version on.',
  },
  'precondition-required': {
    status: 428,
    title: 'The write needs an If-Match header',
    when: 'A write needs `If-Match` with the ETag of the policy set, or `*`.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The policy set has changed meanwhile',
    when: '`If-Match` is not the ETag that the policy set has now: somebody has changed it meanwhile.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key was used for another request',
    when: 'The `Idempotency-Key` came with another request within the last 24 hours.',
  },
  'not-found': { status: 404, title: 'There is no such resource', when: 'There is nothing at this path.' },
  'method-not-allowed': {
    status: 405,
    title: 'The resource does not have this method',
    when: 'The path takes other methods, which `Allow` lists.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    when: 'The body is larger than the operation takes.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type of the body is not supported',
    when: 'The media type of the body is none that the operation takes, or the body is compressed.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    when: 'The caller asks too often. `Retry-After` says when to come back.',
  },
  'credentials-unavailable': {
    status: 503,
    title: 'The credentials cannot be judged now',
    when: 'The keys that the credentials are judged by cannot be had now, here or from their issuer.',
  },
  'policy-set-unavailable': {
    status: 503,
    title: 'The policy set cannot be read',
    when: 'The policy set cannot be read now. Nothing is decided without it.',
  },
  'policy-set-corrupt': {
    status: 503,
    title: 'The stored policy set cannot be trusted',
    when: 'What is stored of the policy set is not what its digest says, or Cedar cannot use it.',
  },
  'not-configured': {
    status: 503,
    title: 'The service is not configured rightly',
    when: 'A setting of the Worker is missing or wrong.',
  },
  'not-ready': {
    status: 503,
    title: 'The service is not ready',
    when: '`/readyz`: Cedar or KV does not answer.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong here',
    when: 'The fault is ours. It is logged with the id of the request.',
  },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string; when: string }>;

/** The last part of a problem's `type`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Every code of a problem, in the order of {@link PROBLEMS}. */
export const PROBLEM_CODES: readonly ProblemCode[] = z
  .array(z.custom<ProblemCode>((code) => typeof code === 'string' && Object.hasOwn(PROBLEMS, code)))
  .parse(Object.keys(PROBLEMS));

/** The `type` of a problem, e.g. `urn:tracewright:problem:overrides-denied`. */
export function problemType(code: ProblemCode): string {
  return `urn:tracewright:problem:${code}`;
}

export const FaultSchema = z
  .strictObject({
    message: z.string().meta({
      description: 'What is wrong, and what would be right.',
      examples: ['Unknown field "runAsNonroot".'],
    }),
    parameter: z
      .string()
      .optional()
      .meta({ description: 'The parameter of the path or the query, when it is one.', examples: ['layout'] }),
    header: z
      .string()
      .optional()
      .meta({ description: 'The request header, when it is one.', examples: ['If-Match'] }),
    gate: z
      .enum(GATES)
      .optional()
      .meta({ description: 'The gate that a version does not pass.', examples: ['schema'] }),
    policy: z
      .string()
      .optional()
      .meta({ description: 'The `@id` of the policy, when it is about one.', examples: ['media-binaries'] }),
    policyLine: z
      .int()
      .min(1)
      .optional()
      .meta({ description: "The line in that policy's own text, from 1.", examples: [3] }),
    policyColumn: z
      .int()
      .min(1)
      .optional()
      .meta({ description: "The column in that policy's own text, from 1.", examples: [8] }),
    ...placeFields,
  })
  .meta({
    id: 'Fault',
    description: 'One thing wrong with a request, and where.',
    examples: [
      {
        message: 'Unknown field "runAsNonroot".',
        document: 0,
        pointer: '/spec/workload/containers/0/securityContext/runAsNonroot',
        line: 12,
        column: 11,
      },
    ],
  });
export type RequestFault = z.output<typeof FaultSchema>;

const PermissionSchema = z
  .strictObject({
    caller: z.string().meta({
      description: 'Who wanted it.',
      examples: ['https://token.actions.githubusercontent.com#repo:acme/shop:ref:refs/heads/main'],
    }),
    action: z.enum(ACCESS_ACTIONS).meta({ description: 'What it wanted.', examples: ['compile'] }),
    resource: z.string().meta({
      description: 'Of what, as a Cedar entity.',
      examples: ['Tracewright::Namespace::"production"'],
    }),
    reason: z.enum(ACCESS_DENIAL_REASONS).meta({
      description: 'Why not; `OutsideKeyScope`: the API key was not made for it.',
      examples: ['NoPermitPolicy'],
    }),
    policies: z
      .array(DeterminingPolicySchema)
      .meta({ description: 'The management policies that decided.', examples: [[]] }),
    suggestedPermit: z
      .string()
      .optional()
      .meta({
        description:
          'A least-privilege Cedar permit for the set `management`, for whoever manages it to review; only where no policy permits it, as nothing else can be mended so.',
        examples: [
          '@id("permit:repo:acme/shop:ref:refs/heads/main:publish:default")\npermit (\n  principal == Tracewright::Caller::"https://token.actions.githubusercontent.com#repo:acme/shop:ref:refs/heads/main",\n  action == Tracewright::Action::"publish",\n  resource == Tracewright::PolicySet::"default"\n);',
        ],
      }),
  })
  .meta({
    id: 'DeniedPermission',
    description: 'What a caller may not do.',
    examples: [
      {
        caller: 'tracewright#5f2b1c9d8e7a6f30',
        action: 'publish',
        resource: 'Tracewright::PolicySet::"default"',
        reason: 'OutsideKeyScope',
        policies: [],
      },
    ],
  });

const ForbiddenOptionSchema = z
  .strictObject({
    option: z.string().meta({ description: 'The option of the compilation.', examples: ['mode'] }),
    value: z.string().meta({ description: 'The value that it has.', examples: ['monitor'] }),
    allowed: z
      .array(z.string())
      .meta({ description: 'The values that the policy set allows.', examples: [['enforce']] }),
  })
  .meta({
    id: 'ForbiddenOption',
    description: 'A compile option with a value that the settings of the policy set do not allow.',
    examples: [{ option: 'mode', value: 'monitor', allowed: ['enforce'] }],
  });

export const ProblemSchema = z
  .strictObject({
    type: z.enum(Object.keys(PROBLEMS).map((code) => `urn:tracewright:problem:${code}`)).meta({
      description: 'What kind of problem it is. Stable.',
      examples: [problemType('invalid-request')],
    }),
    title: z
      .string()
      .meta({ description: 'The kind of problem in words.', examples: [PROBLEMS['invalid-request'].title] }),
    status: z.int().meta({ description: 'The HTTP status.', examples: [422] }),
    detail: z.string().meta({ description: 'What happened this time.', examples: ['1 fault was found.'] }),
    faults: z
      .array(FaultSchema)
      .max(LIMITS.faults)
      .optional()
      .meta({
        description: 'Everything wrong with the request (up to 100).',
        examples: [[{ message: 'Unknown field "runAsNonroot".' }]],
      }),
    denials: z
      .array(DecisionSchema)
      .optional()
      .meta({ description: 'Every denied override of every service.' }),
    policySet: PolicySetVersionSchema.optional(),
    permission: PermissionSchema.optional(),
    option: ForbiddenOptionSchema.optional(),
    changes: z
      .array(DecisionChangeSchema)
      .optional()
      .meta({ description: 'The decisions that would become denials.' }),
  })
  .meta({
    id: 'Problem',
    description: 'Why a request failed (RFC 9457).',
    examples: [
      {
        type: problemType('invalid-request'),
        title: PROBLEMS['invalid-request'].title,
        status: 422,
        detail: '1 fault was found.',
        faults: [
          {
            message: 'Unknown field "runAsNonroot".',
            document: 0,
            pointer: '/spec/workload/containers/0/securityContext/runAsNonroot',
          },
        ],
      },
    ],
  });

type Extension = Omit<z.output<typeof ProblemSchema>, 'type' | 'title' | 'status' | 'detail'>;

/** A failed request, thrown from wherever it is noticed and answered in one place. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly extension: Extension;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    extension: Extension = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.code = code;
    this.extension = extension;
    this.headers = headers;
  }

  /** The answer: `application/problem+json`. */
  toResponse(): Response {
    const { status, title } = PROBLEMS[this.code];
    const body: z.output<typeof ProblemSchema> = {
      type: problemType(this.code),
      title,
      status,
      detail: this.message,
      ...this.extension,
    };
    return new Response(`${JSON.stringify(body, null, 2)}\n`, {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...this.headers },
    });
  }
}

/** The problem of a request with `count` faults in it, of which an answer lists only so many. */
export function invalidRequest(faults: readonly RequestFault[], count: number = faults.length): Problem {
  const found = count === 1 ? '1 fault was found.' : `${count} faults were found.`;
  const listed = faults.slice(0, LIMITS.faults);
  const detail = listed.length < count ? `${found} The first ${listed.length} are listed.` : found;
  return new Problem('invalid-request', detail, { faults: listed });
}
