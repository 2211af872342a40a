import type { Context } from 'hono';
import { z } from 'zod';
import { CompileOptionsSchema } from '../../compiler/model/options.ts';
import { parseValue } from '../../compiler/model/parse.ts';
import type { Environment } from '../../http/environment.ts';
import { invalidRequest } from '../../http/problems.ts';
import { readQuery } from '../../http/query.ts';
import { workloadQuery } from '../../judgement/workload-query.ts';

/** The schema of the query parameters of `POST /krm`. */
export const KrmQuerySchema = CompileOptionsSchema.extend(workloadQuery);

const ConfigSchema = z.looseObject({
  data: z.record(z.string(), z.string()).nullable().optional(),
  spec: z
    .record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())]))
    .nullable()
    .optional(),
});

/** Reads the options of a run from the query and the functionConfig. @throws Problem `invalid-request` */
export function readOptions(context: Context<Environment>, config: unknown): z.output<typeof KrmQuerySchema> {
  const url = new URL(context.req.url);
  const parsed = parseValue(ConfigSchema, config ?? {});
  if (!parsed.ok) {
    throw invalidRequest(
      parsed.issues.map(({ path, message }) => ({
        message,
        document: 0,
        pointer: `/functionConfig/${path.join('/')}`,
      })),
    );
  }
  for (const [name, value] of Object.entries({ ...parsed.data.data, ...parsed.data.spec })) {
    // `readQuery` refuses an option that both give.
    url.searchParams.append(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return readQuery(url.href, KrmQuerySchema);
}
