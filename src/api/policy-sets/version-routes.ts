import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import { WorkloadSchema } from '../../compiler/read/read-objects.ts';
import { jsonAnswer, readDocuments, taggedAnswer } from '../../http/bodies.ts';
import { PolicySetVersionSchema } from '../../http/decision-answer.ts';
import type { Bindings, SharedMemory } from '../../http/environment.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { policySetProblem } from '../../http/policy-set-problem.ts';
import { FaultSchema, Problem, type ProblemCode } from '../../http/problems.ts';
import { readParams, readQuery } from '../../http/query.ts';
import {
  DECISION_PROBLEMS,
  dependsOnAlias,
  refuseManagement,
  versionAnswer,
} from '../../judgement/choose-version.ts';
import { readServices } from '../../judgement/read-services.ts';
import { canonicalJson, digestOf } from '../../policy-sets/canonical.ts';
import { type PolicySet, type VersionSummary, VersionSummarySchema } from '../../policy-sets/change.ts';
import { diffVersions, OTHER_PARTS, unifiedText } from '../../policy-sets/diff.ts';
import { checkDraft, type GateReport } from '../../policy-sets/gates.ts';
import {
  DigestSchema,
  ReferenceSchema,
  type VersionContent,
  VersionContentSchema,
  VersionRequestSchema,
} from '../../policy-sets/model.ts';
import { pointersOf } from '../../policy-sets/pointers.ts';
import { damagedContent } from '../../policy-sets/repair.ts';
import { damagedKeys } from '../../policy-sets/repository.ts';
import { partsOf, storedPolicies } from '../../policy-sets/stored-policies.ts';
import { contentOf, findVersion, resolveFound } from './find-version.ts';
import { ImpactSchema, impactOf } from './impact.ts';
import { nextCursorField, ofSet, PageQuerySchema, setParams } from './set-routes.ts';
import {
  CEDAR_TYPES,
  readVersion,
  receiveVersion,
  type SentVersion,
  VersionQuerySchema,
} from './version-body.ts';
import {
  ask,
  noSuchSet,
  openWrite,
  registryOf,
  revisionHeaders,
  WRITE_PROBLEMS,
  WriteHeadersSchema,
} from './writes.ts';

const SetParamsSchema = z.strictObject(setParams);
const reference = (description: string): typeof ReferenceSchema =>
  ReferenceSchema.meta({ description, examples: ['active'] });
const VersionParamsSchema = z.strictObject({
  ...setParams,
  version: reference('The version: an alias, a number or a digest.'),
});
const DiffParamsSchema = z.strictObject({
  ...setParams,
  before: reference('The version to compare with.'),
  after: reference('The version to compare.'),
});
const ImpactQuerySchema = z.strictObject({
  against: ReferenceSchema.default('active').meta({
    description: 'The version that decides now.',
    examples: ['active'],
  }),
});
const NoQuerySchema = z.strictObject({});

const VersionListSchema = z
  .strictObject({
    versions: z.array(VersionSummarySchema).meta({ description: 'The versions, newest first.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'VersionList',
    description: 'A page of the versions of a set.',
    examples: [{ versions: [], nextCursor: null }],
  });

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

const cedarText = z.string().meta({
  description: 'A Cedar text.',
  examples: ['@id("allow-all")\npermit (principal, action, resource);\n'],
});
const CEDAR_CONTENT = Object.fromEntries(CEDAR_TYPES.map((type) => [type, { schema: cedarText }]));
const VERSION_BODY = {
  schema: VersionRequestSchema,
  description:
    'Policies by id with entities, settings and tests; or a Cedar text alone, in which each policy has its `@id`.',
  otherContent: CEDAR_CONTENT,
};
const READ_PROBLEMS: readonly ProblemCode[] = [
  'invalid-request',
  'policy-set-not-found',
  'policy-set-version-not-found',
  'policy-set-unavailable',
  'policy-set-corrupt',
];

/** `/policy-sets/{name}/versions` and what is below it. */
export function policySetVersionRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/versions',
    operationId: 'listVersions',
    tag: 'Policy sets',
    summary: 'List the versions of a policy set',
    description: 'All versions, newest first, without their content.',
    params: SetParamsSchema,
    query: PageQuerySchema,
    answer: {
      description: 'A page of them.',
      content: { 'application/json': { schema: VersionListSchema } },
    },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'policy-set-unavailable'],
    handle: async (context) => {
      const { name } = readParams(context, SetParamsSchema);
      const { limit, cursor } = readQuery(context.req.url, PageQuerySchema);
      const registry = registryOf(context.env, name);
      const { items, next } = await ask(async () => registry.versions(cursor, limit));
      if (items.length === 0 && (await ask(async () => registry.read())) === undefined) throw noSuchSet(name);
      const answer: z.output<typeof VersionListSchema> = {
        versions: [...items],
        nextCursor: next === undefined ? null : String(next),
      };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
  addOperation(app, {
    method: 'post',
    path: '/policy-sets/{name}/versions',
    operationId: 'publishVersion',
    tag: 'Policy sets',
    summary: 'Publish a version',
    description:
      'Puts a version through the gates (it parses, its ids are unique, it validates strictly, its entities conform, its sizes are within the limits, its tests pass), and publishes it if it passes all. It decides nothing before an alias points at it. The same content again is the version that there is; what KV has lost or damaged of that is written again.',
    params: SetParamsSchema,
    query: VersionQuerySchema,
    headers: WriteHeadersSchema,
    body: VERSION_BODY,
    answer: {
      description: 'The set has this content already, as this version.',
      created: 'It is published.',
      content: { 'application/json': { schema: VersionSummarySchema } },
    },
    access: ofSet('publish'),
    problems: [...WRITE_PROBLEMS, 'version-rejected'],
    handle: async (context) => {
      const { name } = readParams(context, SetParamsSchema);
      const received = await receiveVersion(context.req.raw);
      const write = await openWrite(context, name, received.body.text);
      let done = write.replayed;
      if (done === undefined) {
        write.standing();
        const sent = readVersion(received);
        done = await write.commit(await toPublish(sent, await passGates(context.get('isolate'), name, sent)));
        if (!done.changed && done.version !== undefined)
          await repair(context.env, done.set, done.version, sent);
      }
      const { set, version, changed } = done;
      if (version === undefined) throw new Error('A publication without a version.');
      return jsonAnswer(
        version,
        { ...revisionHeaders(set), location: `/policy-sets/${name}/versions/${version.version}` },
        changed ? 201 : 200,
      );
    },
  });
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
      const sent = readVersion(received);
      const { policies, tests, contentDigest, warnings } = await passGates(
        context.get('isolate'),
        name,
        sent,
      );
      const answer: z.output<typeof CheckSchema> = {
        policies,
        tests,
        contentDigest,
        warnings: warnings.slice(0, LIMITS.faults).map(sent.locate),
      };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
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
      const content = await contentOf(found);
      const kept = (answer: Response): Response | Promise<Response> =>
        dependsOnAlias(version) ? answer : taggedAnswer(context, answer);
      const headers = { etag: `"${summary.digest}"`, vary: 'accept', 'cache-control': 'no-store' };
      const type = accepts(context, {
        header: 'Accept',
        supports: ['application/json', ...CEDAR_TYPES],
        default: 'application/json',
      });
      if (CEDAR_TYPES.includes(type)) {
        // A representation of its own, so a tag of its own (RFC 9110, section 8.8.3).
        const etag = `"${summary.digest};cedar"`;
        return kept(textAnswer(cedarTextOf(content), type, { ...headers, etag }));
      }
      return kept(jsonAnswer({ ...summary, content } satisfies z.output<typeof VersionSchema>, headers));
    },
  });
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
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name, before, after } = readParams(context, DiffParamsSchema);
      const [old, now] = await Promise.all([
        findVersion(context, name, before),
        findVersion(context, name, after),
      ]);
      const diff = diffVersions(...(await Promise.all([contentOf(old), contentOf(now)])));
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
    },
  });
  addOperation(app, {
    method: 'post',
    path: '/policy-sets/{name}/versions/{version}/impact',
    operationId: 'assessVersionImpact',
    tag: 'Policy sets',
    summary: 'See what a version would change',
    description:
      'Decides the overrides of some services by the version and by the active one, and answers which decisions would change, and for which policies.',
    params: VersionParamsSchema,
    query: ImpactQuerySchema,
    body: { schema: WorkloadSchema, description: 'The services, as for `/compile`.' },
    answer: { description: 'What would change.', content: { 'application/json': { schema: ImpactSchema } } },
    access: ofSet('read'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const { name, version } = readParams(context, VersionParamsSchema);
      const { against } = readQuery(context.req.url, ImpactQuerySchema);
      refuseManagement(name);
      const services = readServices(await readDocuments(context.req.raw));
      const candidate = await findVersion(context, name, version);
      const base = await findVersion(context, name, against).catch((error: unknown) => {
        // Before the first activation nothing decides.
        if (against === 'active' && error instanceof Problem && error.code === 'policy-set-version-not-found')
          return undefined;
        throw error;
      });
      return jsonAnswer(await impactOf(services, base, candidate), {
        'cache-control': 'no-store',
      });
    },
  });
}

/**
 * Writes again what KV lacks, or has damaged, of a version that is published again.
 *
 * @throws Problem when KV or the registry cannot be reached.
 */
async function repair(
  bindings: Bindings,
  set: PolicySet,
  version: VersionSummary,
  { draft, terms }: SentVersion,
): Promise<void> {
  const { name } = set;
  const pointer = { version: version.version, digest: version.digest };
  const kv = bindings.POLICY_SETS;
  try {
    const contents = await damagedContent(kv, version, draft, terms);
    const pointers = pointersOf(set, pointer).map(({ key, value }) => [key, value] as const);
    const keys = [...(await damagedKeys(kv, new Map(pointers)))];
    if (contents.length + keys.length === 0) return;
    const count = contents.length + keys.length;
    console.warn(JSON.stringify({ event: 'version-repaired', name, ...pointer, keys: count }));
    await ask(async () => registryOf(bindings, name).tellAgain(pointer, contents, keys));
  } catch (error) {
    throw policySetProblem(error);
  }
}

/** Runs the gates. @throws Problem `version-rejected`, with all that they find */
async function passGates({ cedar }: SharedMemory, name: string, sent: SentVersion): Promise<GateReport> {
  const report = await checkDraft(name, sent.draft, sent, cedar);
  const count = report.faults.length;
  if (count === 0) return report;
  const found = count === 1 ? '1 fault was found.' : `${count} faults were found.`;
  const listed = report.faults.slice(0, LIMITS.faults).map(sent.locate);
  throw new Problem(
    'version-rejected',
    listed.length < count ? `${found} The first ${listed.length} are listed.` : found,
    { faults: listed },
  );
}

async function toPublish(
  { draft, terms, message, author }: SentVersion,
  { policies, tests, contentDigest }: GateReport,
) {
  const createdAt = new Date().toISOString();
  const content: VersionContent = { format: 1, ...draft, message, author, createdAt };
  const body = canonicalJson(content);
  const digest = await digestOf(body);
  const bytes = new TextEncoder().encode(body).length;
  return {
    kind: 'publish',
    body,
    parts: partsOf(digest, await storedPolicies(digest, content, terms)),
    summary: { digest, contentDigest, policies, tests: tests.total, bytes, message, author, createdAt },
    reason: message,
  } as const;
}

/** The policies of a version as one Cedar text, in the order of their ids. */
function cedarTextOf({ policies }: VersionContent): string {
  return Object.values(policies)
    .map((text) => `${text.trimEnd()}\n`)
    .join('\n');
}

function textAnswer(text: string, type: string, headers: Readonly<Record<string, string>>): Response {
  return new Response(text, { headers: { 'content-type': `${type}; charset=utf-8`, ...headers } });
}
