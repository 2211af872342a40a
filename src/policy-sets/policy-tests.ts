/**
 * The test cases of a policy set as JSON. `run-tests.ts` runs them.
 * @module
 */
import { z } from 'zod';
import { ACCESS_ACTIONS } from '../cedar/access-question.ts';
import { CallerSchema } from '../cedar/caller.ts';
import { DENIAL_REASONS } from '../cedar/determining-policy.ts';
import { AskedOverrideSchema, PrincipalSchema } from '../cedar/override-question.ts';
import { NameSchema } from '../compiler/model/names.ts';
import { AliasSchema, PolicySetNameSchema, ReferenceSchema } from './references.ts';

const TestNameSchema = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'What the case shows.', examples: ['nobody is privileged'] });

const TestExpectationSchema = z
  .strictObject({
    decision: z
      .enum(['allow', 'deny'])
      .meta({ description: 'The decision for each of the overrides.', examples: ['deny'] }),
    reason: z
      .enum(DENIAL_REASONS)
      .optional()
      .meta({
        description: 'Why each is denied; not compared when left out.',
        examples: ['ExplicitForbid'],
      }),
    policies: z
      .array(z.string())
      .optional()
      .meta({
        description:
          'The `@id`s of the policies that decide, over all the overrides and in any order; not compared when left out.',
        examples: [['never-privileged']],
      }),
  })
  .meta({
    id: 'TestExpectation',
    description: 'What a test case expects.',
    examples: [{ decision: 'deny', policies: ['never-privileged'] }],
  });

/** A test case, as the OpenAPI document shows it. */
export const EXAMPLE_TEST = {
  name: 'nobody is privileged',
  principal: { namespace: 'infra', name: 'node-agent' },
  overrides: ['privileged'],
  expect: { decision: 'deny', policies: ['never-privileged'] },
};

const WorkloadTestSchema = z
  .strictObject({
    name: TestNameSchema,
    principal: PrincipalSchema,
    overrides: z
      .array(AskedOverrideSchema)
      .min(1)
      .meta({ description: 'What it asks for.', examples: [['privileged']] }),
    expect: TestExpectationSchema,
  })
  .meta({
    id: 'WorkloadTest',
    description: 'What a policy set decides about a workload.',
    examples: [EXAMPLE_TEST],
  });
/** A test case about a workload and the overrides that it asks for. */
export type WorkloadTest = z.output<typeof WorkloadTestSchema>;

const AccessTestSchema = z
  .strictObject({
    name: TestNameSchema,
    caller: CallerSchema,
    action: z.enum(ACCESS_ACTIONS).meta({ description: 'What it wants.', examples: ['compile'] }),
    policySet: PolicySetNameSchema.optional().meta({
      description: 'Of which set: `default` when left out, or the whole API for `read`.',
      examples: ['default'],
    }),
    namespace: NameSchema.optional().meta({
      description: 'Of which namespace, for `compile` and `authorize`; `default` when left out.',
      examples: ['production'],
    }),
    reference: ReferenceSchema.optional().meta({
      description: 'By which version, for `compile`, `authorize` and `admission`; `active` when left out.',
      examples: ['active'],
    }),
    alias: AliasSchema.optional().meta({
      description: 'Which alias, for `activate`; left out for archiving and restoring.',
      examples: ['active'],
    }),
    scopes: z
      .array(z.string())
      .optional()
      .meta({ description: 'The scopes of the key to create, for `manageKeys`.', examples: [['read']] }),
    expect: TestExpectationSchema,
  })
  .meta({
    id: 'AccessTest',
    description: 'What the set `management` decides about a caller.',
    examples: [
      {
        name: 'the token of a pipeline alone permits nothing',
        caller: { kind: 'oidc' },
        action: 'compile',
        namespace: 'production',
        expect: { decision: 'deny' },
      },
    ],
  });
/** A test case about a caller of this API, for the set `management`. */
export type AccessTest = z.output<typeof AccessTestSchema>;

/** A test case of a version: about a workload, or about a caller of this API. */
export const TestCaseSchema = z.union([WorkloadTestSchema, AccessTestSchema]).meta({
  id: 'PolicyTest',
  description: 'A test case of a policy set, run whenever a version is checked or published.',
  examples: [EXAMPLE_TEST],
});

/** A test case of a policy set. */
export type PolicyTest = z.output<typeof TestCaseSchema>;
