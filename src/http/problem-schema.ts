import { z } from 'zod';
import { ACCESS_ACTIONS, ACCESS_DENIAL_REASONS } from '../cedar/access-question.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { GATES } from '../policy-sets/gate-fault.ts';
import { DecisionChangeSchema } from './decision-change.ts';
import {
  DecisionSchema,
  DeterminingPolicySchema,
  PolicySetVersionSchema,
  placeFields,
} from './decision-schema.ts';
import { PROBLEMS, problemType } from './problem-codes.ts';

/** One thing that is wrong with a request, and where. */
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
/** One thing that is wrong with a request. */
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

/** Why a request failed (RFC 9457, `application/problem+json`). */
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
