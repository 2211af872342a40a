import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { FaultSchema } from '../../http/problem-schema.ts';
import { readParams } from '../../http/query.ts';
import { DigestSchema } from '../../policy-sets/references.ts';
import { inTurn, passGates, VERSION_BODY } from './sent-version.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { readVersion, receiveVersion, VersionQuerySchema } from './version-body.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

const CheckSchema = z
  .strictObject({
    policies: z.int().meta({ description: 'How many policies it has.', examples: [12] }),
    tests: z
      .strictObject({
        passed: z.int().meta({ description: 'Test cases that passed.', examples: [9] }),
        total: z.int().meta({ description: 'Test cases in all.', examples: [9] }),
      })
      .meta({ id: 'TestCount', description: 'Test cases.', examples: [{ passed: 9, total: 9 }] }),
    contentDigest: DigestSchema.meta({
      description: 'The digest of what decides; a version of the set with the same is the same.',
    }),
    warnings: z.array(FaultSchema).max(LIMITS.faults).meta({
      description: 'What is suspicious, such as a policy that can never apply (up to 100).',
    }),
  })
  .meta({
    id: 'VersionCheck',
    description: 'A version that passes the gates.',
    examples: [
      {
        policies: 12,
        tests: { passed: 9, total: 9 },
        contentDigest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        warnings: [],
      },
    ],
  });

/** `POST /policy-sets/{name}/versions:check` */
export function checkVersion(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/policy-sets/{name}/versions:check',
    operationId: 'checkVersion',
    tag: 'Policy sets',
    summary: 'Check a version without publishing it',
    description:
      'Puts a version through the gates of a publication, with the same answer when it does not pass.',
    params: SetParamsSchema,
    query: VersionQuerySchema,
    body: VERSION_BODY,
    answer: { description: 'It passes.', content: { 'application/json': { schema: CheckSchema } } },
    access: ofSet('read'),
    problems: [
      'malformed-body',
      'invalid-request',
      'body-too-large',
      'unsupported-media-type',
      'policy-set-not-found',
      'policy-set-unavailable',
      'version-rejected',
    ],
    handle: async (context) => {
      const { name } = readParams(context, SetParamsSchema);
      const received = await receiveVersion(context.req.raw);
      if ((await ask(async () => registryOf(context.env, name).read())) === undefined) throw noSuchSet(name);
      const isolate = context.get('isolate');
      return inTurn(isolate, received, async () => {
        const sent = await readVersion(received);
        const { policies, tests, contentDigest, warnings } = await passGates(isolate, name, sent);
        const answer: z.output<typeof CheckSchema> = {
          policies,
          tests,
          contentDigest,
          warnings: warnings.slice(0, LIMITS.faults).map(sent.locate),
        };
        return jsonAnswer(answer, { 'cache-control': 'no-store' });
      });
    },
  });
}
