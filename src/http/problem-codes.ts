import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';

/**
 * Every way a request can fail, as RFC 9457 problem types. The codes are stable, so that a client may switch on them.
 * `title` and `when` are what docs/errors.md says about each.
 */
export const PROBLEMS = {
  'malformed-body': {
    status: 400,
    title: 'The body cannot be parsed',
    when: 'The body is not UTF-8, not JSON or YAML, its parts cannot be told apart, or readers would not agree on what it says: repeated keys, unknown tags, too much nesting, too many values or aliases. `/explain`: no event is in it.',
  },
  'invalid-request': {
    status: 422,
    title: 'The request is not valid',
    when: 'Something in the body, the path, the query or a header is not valid. Everything that is wrong is listed at once, with its place.',
  },
  unauthenticated: {
    status: 401,
    title: 'The caller is not known',
    when: 'There are no credentials, or they are not valid: unknown, expired, revoked, or of an issuer that is not trusted.',
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
  'image-not-found': {
    status: 404,
    title: 'Nothing is stored of this image',
    when: 'Nothing is stored of the image of this digest.',
  },
  'image-differs': {
    status: 409,
    title: 'Something else is stored of this image',
    when: '`PUT /images/{digest}`: another config is stored for this digest, and the config of a digest never changes. Remove the stored one if it is the wrong one.',
  },
  'attestation-invalid': {
    status: 422,
    title: 'The attestation cannot be verified',
    when: '`/verify`: no key of this Worker has signed the attestation, or it is about another text.',
  },
  'two-people-required': {
    status: 403,
    title: 'Another person must activate this version',
    when: 'The rule of two people is on, and the caller has published the version itself.',
  },
  'policy-set-exists': {
    status: 409,
    title: 'The policy set exists already',
    when: 'There is a policy set of this name already.',
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
    when: 'The operation does not take bodies of this media type, or the body is compressed otherwise than with gzip.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    when: 'The caller asks too often. `Retry-After` says when to come back.',
  },
  'credentials-unavailable': {
    status: 503,
    title: 'The credentials cannot be checked now',
    when: 'The keys that the credentials are checked against cannot be read now, from storage or from their issuer.',
  },
  'policy-set-unavailable': {
    status: 503,
    title: 'The policy set cannot be read',
    when: 'The policy set cannot be read now. Nothing is decided without it.',
  },
  'policy-set-corrupt': {
    status: 503,
    title: 'The stored policy set cannot be trusted',
    when: 'The stored policy set does not match its digest, or Cedar cannot use it.',
  },
  'images-unavailable': {
    status: 503,
    title: 'What is stored of images cannot be read',
    when: 'What is stored of images cannot be read or written now. Nothing is decided without it, because an allowlist could be missing.',
  },
  'not-configured': {
    status: 503,
    title: 'A setting of the service is missing or wrong',
    when: 'A setting of the Worker is missing or wrong. `detail` names the setting and says how to set it.',
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
