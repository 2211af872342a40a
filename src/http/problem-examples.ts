import type { z } from 'zod';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode, problemType } from './problem-codes.ts';
import type { ProblemSchema } from './problem-schema.ts';

type ProblemAnswer = z.output<typeof ProblemSchema>;
type Example = Omit<ProblemAnswer, 'type' | 'title' | 'status'>;

const FAULT = {
  message: 'Unknown field "runAsNonroot".',
  document: 0,
  pointer: '/spec/workload/containers/0/securityContext/runAsNonroot',
  line: 12,
  column: 11,
};

const POLICY_SET = {
  name: 'default',
  version: 7,
  digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

const OVERRIDE = {
  service: 'production/web',
  override: 'capability:NET_ADMIN',
  category: 'capability' as const,
  container: 'web',
  image: 'web:1',
  implicit: false,
};

const FORBID = {
  id: 'never-net-admin',
  effect: 'forbid' as const,
  annotations: { reason: 'It changes the network of the node.' },
};

const SUGGESTED_PERMIT =
  '@id("permit:production:web:web:capability:NET_ADMIN")\npermit (\n  principal == Lattice::Service::"production/web",\n  action == Lattice::Action::"OverrideSecurity",\n  resource == Lattice::SecurityOverride::"capability:NET_ADMIN"\n) when { context has container && context.container == "web" && !context.implicit };';

/** An example of each problem, without its type, title and status. */
const EXAMPLES: Readonly<Record<ProblemCode, Example>> = {
  'malformed-body': {
    detail: '1 fault was found.',
    faults: [{ message: 'The key "name" is there twice.', document: 0, line: 4, column: 3 }],
  },
  'invalid-request': { detail: '1 fault was found.', faults: [FAULT] },
  unauthenticated: { detail: 'There are no credentials in the request.' },
  forbidden: {
    detail: 'The caller may not publish versions of the policy set default.',
    permission: {
      caller: 'tracewright#5f2b1c9d8e7a6f30',
      action: 'publish',
      resource: 'Tracewright::PolicySet::"default"',
      reason: 'OutsideKeyScope',
      policies: [],
    },
  },
  'option-forbidden': { detail: 'The policy set default does not allow mode=monitor.' },
  'overrides-denied': {
    detail: '1 override is denied, so nothing is compiled.',
    denials: [
      {
        ...OVERRIDE,
        decision: 'deny',
        reason: 'NoPermitPolicy',
        policies: [],
        suggestedPermit: SUGGESTED_PERMIT,
        document: 0,
        pointer: '/spec/workload/containers/0/securityContext/capabilities/add/0',
        line: 15,
        column: 19,
      },
    ],
    policySet: POLICY_SET,
  },
  'policy-set-not-found': { detail: 'There is no policy set defualt.' },
  'policy-set-version-not-found': { detail: 'The policy set default has no version 99.' },
  'api-key-not-found': { detail: 'There is no API key 5f2b1c9d8e7a6f30.' },
  'image-not-found': { detail: `Nothing is stored of the image ${POLICY_SET.digest}.` },
  'image-differs': { detail: `Another config is stored of the image ${POLICY_SET.digest}.` },
  'attestation-invalid': { detail: 'No key of this service has signed the attestation.' },
  'two-people-required': { detail: 'You have published version 7: another person must activate it.' },
  'policy-set-exists': { detail: 'There is a policy set default already.' },
  'policy-set-archived': { detail: 'The policy set default is archived. Restore it first.' },
  'version-rejected': {
    detail: '1 fault was found.',
    faults: [
      {
        message: 'The attribute "teem" is not one of Lattice::Service.',
        gate: 'schema',
        policy: 'media-binaries',
        policyLine: 3,
        policyColumn: 8,
      },
    ],
  },
  'new-denials': {
    detail: '1 decision would become a denial.',
    changes: [
      {
        ...OVERRIDE,
        before: { decision: 'allow', policies: [] },
        after: { decision: 'deny', reason: 'ExplicitForbid', policies: [FORBID] },
        causes: [{ policy: FORBID.id, effect: 'forbid', change: 'added' }],
      },
    ],
  },
  'corpus-missing': { detail: 'The policy set default has no corpus to try version 7 on.' },
  'precondition-required': { detail: 'Send If-Match with the ETag of the policy set.' },
  'precondition-failed': { detail: 'The ETag of the policy set is now "10".' },
  'idempotency-key-reused': { detail: 'The Idempotency-Key was used for another request.' },
  'not-found': { detail: 'There is nothing at /complie. The resources are listed at /docs.' },
  'method-not-allowed': { detail: '/compile answers POST.' },
  'body-too-large': { detail: 'A body has at most 1048576 bytes.' },
  'unsupported-media-type': { detail: 'Expected JSON or YAML in UTF-8, not text/html.' },
  'rate-limited': { detail: 'Too many requests. Try again in 60 seconds.' },
  'credentials-unavailable': { detail: 'The keys of the issuer cannot be had now.' },
  'policy-set-unavailable': { detail: 'The policy set default cannot be read now.' },
  'policy-set-corrupt': { detail: 'Version 7 of the policy set default is not what its digest says.' },
  'images-unavailable': { detail: 'What is stored of images cannot be read now. Try again.' },
  'not-configured': { detail: 'No credentials are configured.' },
  'not-ready': { detail: 'KV cannot be read.' },
  'internal-error': { detail: 'The fault is ours. It is logged under the id of the request.' },
};

/** The problems of requests that reach no operation, which therefore no operation documents. */
const OUTSIDE: readonly ProblemCode[] = ['not-found', 'method-not-allowed'];

/** An example of each kind of problem that an operation may answer with, by its code. */
export function problemExamples(): Record<
  string,
  { readonly summary: string; readonly value: ProblemAnswer }
> {
  return Object.fromEntries(
    PROBLEM_CODES.filter((code) => !OUTSIDE.includes(code)).map((code) => {
      const { status, title } = PROBLEMS[code];
      return [code, { summary: title, value: { type: problemType(code), title, status, ...EXAMPLES[code] } }];
    }),
  );
}
