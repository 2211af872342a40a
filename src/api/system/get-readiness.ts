import { z } from 'zod';
import { engineReady } from '../../cedar/engine.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { probeStorage } from '../../policy-sets/kv-access.ts';
import { PolicySetError } from '../../policy-sets/policy-set-error.ts';

const ReadinessSchema = z
  .strictObject({
    status: z.literal('ok').meta({ description: 'Everything needed to decide is there.', examples: ['ok'] }),
    cedar: z.literal('ok').meta({ description: 'Cedar is loaded and answers.', examples: ['ok'] }),
    storage: z.literal('ok').meta({ description: 'KV can be read.', examples: ['ok'] }),
  })
  .meta({
    id: 'Readiness',
    description: 'The Worker can decide and compile.',
    examples: [{ status: 'ok', cedar: 'ok', storage: 'ok' }],
  });

/** `GET /readyz` */
export function getReadiness(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tag: 'System',
    summary: 'Readiness',
    description: 'Answers when Cedar is loaded and KV can be read.',
    answer: { description: 'It can decide.', content: { 'application/json': { schema: ReadinessSchema } } },
    access: 'public',
    problems: ['not-ready'],
    handle: async ({ env }) => {
      if (!engineReady()) throw new Problem('not-ready', 'Cedar does not answer.');
      try {
        await probeStorage(env.POLICY_SETS);
      } catch (error) {
        if (error instanceof PolicySetError) throw new Problem('not-ready', 'KV cannot be read.');
        throw error;
      }
      return jsonAnswer(
        { status: 'ok', cedar: 'ok', storage: 'ok' } satisfies z.output<typeof ReadinessSchema>,
        { 'cache-control': 'no-store' },
      );
    },
  });
}
