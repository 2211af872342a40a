import { z } from 'zod';
import { CompileOptionsSchema } from '../../compiler/model/options.ts';
import { workloadQuery } from '../../judgement/workload-query.ts';
import { BINARY_CLASS_NAMES } from '../../learn/binary-classes.ts';
import type { LearnOptions } from '../../learn/learn-options.ts';
import { LEARN_OUTPUT_NAMES } from './learn-outputs.ts';

const compileOptions = CompileOptionsSchema.pick({
  scope: true,
  unset: true,
  pathMatching: true,
  mergedUsr: true,
}).shape;

/** The schema of the query parameters of `POST /learn`. */
export const LearnQuerySchema = z.strictObject({
  ...workloadQuery,
  ...compileOptions,
  include: z
    .array(z.enum(BINARY_CLASS_NAMES))
    .default([])
    .meta({
      description:
        'Classes of binaries that are proposed too, though each is what an intruder uses. A binary of several classes needs all of them.',
      examples: [['shell']],
    }),
  minPods: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(1)
    .meta({ description: 'In how many pods each container must have been seen.', examples: [1] }),
  minHours: z
    .number()
    .min(0)
    .max(8_760)
    .default(24)
    .meta({ description: 'For how many hours each container must have been seen.', examples: [24] }),
  minStarts: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(1)
    .meta({ description: 'How many starts of each container must have been seen.', examples: [1] }),
  monitored: z
    .boolean()
    .default(false)
    .meta({
      description:
        'Whether the policies were loaded with `mode=monitor` for all of the time that the events are of. No event shows that of a policy which stopped nothing, so without it the verdicts about block-rootfs-write, block-setuid and block-capset are never `ready`.',
      examples: [true],
    }),
  output: z
    .enum(LEARN_OUTPUT_NAMES)
    .default('json')
    .meta({
      description:
        'What the answer is. `json`: all that was learnt. `workloads`: the workloads as they were sent, with the proposed allowlists in them. `json-patch`: the same changes as JSON patches (RFC 6902). `permits`: the Cedar permits that the proposal needs. `permit-tests`: a test for each of them. `markdown`: a summary for a pull request.',
      examples: ['json'],
    }),
});

/** What the query of `POST /learn` says. */
export type LearnQuery = z.output<typeof LearnQuerySchema>;

/** How the workloads of a request are read, each time that they are. */
export function readOptionsOf({ namespace }: LearnQuery): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

/** The options of learning that a query says. */
export function learnOptionsOf(query: LearnQuery): LearnOptions {
  const { include, minPods, minHours, minStarts, monitored, scope, unset, pathMatching, mergedUsr } = query;
  return {
    include: new Set(include),
    minPods,
    minHours,
    minStarts,
    monitored,
    compile: { ...CompileOptionsSchema.parse({}), scope, unset, pathMatching, mergedUsr },
  };
}
