import type { z } from 'zod';
import { CompileOptionsSchema } from '../../compiler/model/options.ts';
import { workloadQuery } from '../../judgement/workload-query.ts';
import { outputQuery } from '../../outputs/outputs.ts';

/** The schema of the query parameters of `POST /compile`. */
export const CompileQuerySchema = CompileOptionsSchema.extend({ ...workloadQuery, ...outputQuery });
/** What the query of `POST /compile` says. */
/** The query parameters of `POST /compile`. */
export type CompileQuery = z.output<typeof CompileQuerySchema>;
