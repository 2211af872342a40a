import { accepts } from 'hono/accepts';
import type { z } from 'zod';
import { jsonAnswer, taggedAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { dependsOnAlias } from '../../judgement/resolve-version.ts';
import { VersionSummarySchema } from '../../policy-sets/policy-set-schemas.ts';
import { type VersionContent, VersionContentSchema } from '../../policy-sets/version-schemas.ts';
import { findVersion } from './find-version.ts';
import { CEDAR_CONTENT } from './sent-version.ts';
import { ofSet } from './set-params.ts';
import { textAnswer } from './text-answer.ts';
import { CEDAR_TYPES } from './version-body.ts';
import { READ_PROBLEMS, VersionParamsSchema } from './version-params.ts';

const VersionSchema = VersionSummarySchema.extend({ content: VersionContentSchema }).meta({
  id: 'Version',
  description: 'A version with its content.',
  examples: [
    {
      version: 1,
      digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      contentDigest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      policies: 1,
      tests: 0,
      bytes: 240,
      message: '',
      author: '',
      createdAt: '2026-01-01T00:00:00Z',
      publishedBy: {
        caller: 'tracewright#5f2b1c9d8e7a6f30',
        person: { id: 'tracewright#owner:ada@example.org', name: 'ada@example.org (key CI of the shop)' },
      },
      content: {
        format: 1,
        policies: { 'allow-all': '@id("allow-all")\npermit (principal, action, resource);' },
        schema: null,
        entities: [],
        settings: { authorizeEntrypoints: false },
        tests: [],
        message: '',
        author: '',
        createdAt: '2026-01-01T00:00:00Z',
      },
    },
  ],
});

/** `GET /policy-sets/{name}/versions/{version}` */
export function getVersion(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/versions/{version}',
    operationId: 'getVersion',
    tag: 'Policy sets',
    summary: 'Get a version',
    description:
      'A version with its content. With `Accept: text/plain` or `application/cedar` the answer is its policies as Cedar text, ordered by id, each with the comments directly above it and behind it.',
    params: VersionParamsSchema,
    answer: {
      description: 'The version.',
      content: { 'application/json': { schema: VersionSchema }, ...CEDAR_CONTENT },
    },
    access: ofSet('read'),
    problems: READ_PROBLEMS,
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name, version } = readParams(context, VersionParamsSchema);
      const found = await findVersion(context, name, version);
      const { summary } = found;
      const content = await found.version.content();
      const kept = (answer: Response): Response | Promise<Response> =>
        dependsOnAlias(version) ? answer : taggedAnswer(context, answer);
      const headers = { etag: `"${summary.digest}"`, vary: 'accept', 'cache-control': 'no-store' };
      const type = accepts(context, {
        header: 'Accept',
        supports: ['application/json', ...CEDAR_TYPES],
        default: 'application/json',
      });
      if (CEDAR_TYPES.includes(type)) {
        // The Cedar text is another representation than JSON, so it has another tag (RFC 9110, section 8.8.3).
        const etag = `"${summary.digest};cedar"`;
        return kept(textAnswer(cedarTextOf(content), type, { ...headers, etag }));
      }
      return kept(jsonAnswer({ ...summary, content } satisfies z.output<typeof VersionSchema>, headers));
    },
  });
}

/** The policies of a version as one Cedar text, in the order of their ids. */
function cedarTextOf({ policies }: VersionContent): string {
  return Object.values(policies)
    .map((text) => `${text.trimEnd()}\n`)
    .join('\n');
}
