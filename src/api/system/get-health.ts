import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';

const HealthSchema = z
  .strictObject({
    status: z
      .literal('ok')
      .meta({ description: 'Always `ok`; otherwise there is no such answer.', examples: ['ok'] }),
  })
  .meta({ id: 'Health', description: 'The Worker runs.', examples: [{ status: 'ok' }] });

/** `GET /healthz` */
export function getHealth(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    tag: 'System',
    summary: 'Liveness',
    description: 'Answers as long as the Worker runs.',
    answer: { description: 'It runs.', content: { 'application/json': { schema: HealthSchema } } },
    access: 'public',
    problems: [],
    handle: () =>
      jsonAnswer({ status: 'ok' } satisfies z.output<typeof HealthSchema>, { 'cache-control': 'no-store' }),
  });
}
