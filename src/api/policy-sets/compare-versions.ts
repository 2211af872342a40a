import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { jsonAnswer, taggedAnswer } from '../../http/answers.ts';
import { PolicySetVersionSchema } from '../../http/decision-schema.ts';
import type { Environment } from '../../http/environment.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { dependsOnAlias, versionAnswer } from '../../judgement/resolve-version.ts';
import { diffVersions, OTHER_PARTS, unifiedText } from '../../policy-sets/diff.ts';
import { findVersion, resolveFound } from './find-version.ts';
import { ofSet } from './set-params.ts';
import { textAnswer } from './text-answer.ts';
import { DiffParamsSchema, READ_PROBLEMS } from './version-params.ts';

const ids = (description: string): z.ZodArray<z.ZodString> =>
  z.array(z.string()).meta({ description, examples: [['media-binaries']] });
const DiffSchema = z
  .strictObject({
    before: PolicySetVersionSchema,
    after: PolicySetVersionSchema,
    policies: z
      .strictObject({
        added: ids('The `@id`s of new policies.'),
        removed: ids('The `@id`s of policies that are gone.'),
        changed: ids('The `@id`s of policies whose text differs.'),
      })
      .meta({
        id: 'PolicyDiff',
        description: 'Policies that differ.',
        examples: [{ added: [], removed: [], changed: ['media-binaries'] }],
      }),
    other: z
      .array(z.enum(OTHER_PARTS))
      .meta({ description: 'What differs besides policies.', examples: [['tests']] }),
    unified: z.string().meta({
      description:
        'All of it as a unified diff, with one file per policy; of two versions that differ in too much, the first files.',
      examples: ['--- a/policies/media-binaries.cedar\n+++ b/policies/media-binaries.cedar\n'],
    }),
    truncated: z.boolean().meta({
      description: 'Whether files are left out of `unified`. The lists above are complete all the same.',
      examples: [false],
    }),
    omittedFiles: z.int().meta({ description: 'How many files are left out.', examples: [0] }),
  })
  .meta({
    id: 'VersionDiff',
    description: 'What differs between two versions.',
    examples: [
      {
        before: {
          name: 'default',
          version: 6,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        after: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        policies: { added: [], removed: [], changed: [] },
        other: [],
        unified: '',
        truncated: false,
        omittedFiles: 0,
      },
    ],
  });

/** `GET /policy-sets/{name}/versions/{before}/diff/{after}` */
export function compareVersions(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/versions/{before}/diff/{after}',
    operationId: 'diffVersions',
    tag: 'Policy sets',
    summary: 'Compare two versions',
    description:
      'What differs in policies, schema, entities, settings and tests. With `Accept: text/x-diff` or `text/plain` the answer is the unified diff alone.',
    params: DiffParamsSchema,
    answer: {
      description: 'What differs.',
      content: {
        'application/json': { schema: DiffSchema },
        'text/x-diff': { schema: DiffSchema.shape.unified },
      },
    },
    access: ofSet('read'),
    problems: READ_PROBLEMS,
    handle: answerDiff,
  });
}

/** Compares the two versions of the path, and answers as JSON or as a unified diff. */
async function answerDiff(context: Context<Environment>): Promise<Response> {
  readQuery(context.req.url, NoQuerySchema);
  const { name, before, after } = readParams(context, DiffParamsSchema);
  const [old, now] = await Promise.all([
    findVersion(context, name, before),
    findVersion(context, name, after),
  ]);
  const diff = diffVersions(...(await Promise.all([old.version.content(), now.version.content()])));
  const type = accepts(context, {
    header: 'Accept',
    supports: ['application/json', 'text/x-diff', 'text/plain'],
    default: 'application/json',
  });
  const headers = { vary: 'accept', 'cache-control': 'no-store' };
  const kept = (answer: Response): Response | Promise<Response> =>
    dependsOnAlias(before, after) ? answer : taggedAnswer(context, answer);
  if (type !== 'application/json') return kept(textAnswer(unifiedText(diff), type, headers));
  const answer: z.output<typeof DiffSchema> = {
    before: versionAnswer(resolveFound(old)),
    after: versionAnswer(resolveFound(now)),
    policies: {
      added: [...diff.policies.added],
      removed: [...diff.policies.removed],
      changed: [...diff.policies.changed],
    },
    other: [...diff.other],
    unified: diff.unified,
    truncated: diff.omitted > 0,
    omittedFiles: diff.omitted,
  };
  return kept(jsonAnswer(answer, headers));
}
