import { jsonAnswer } from '../../http/answers.ts';
import type { Bindings } from '../../http/environment.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readParams } from '../../http/query.ts';
import { canonicalJson, digestOf } from '../../policy-sets/canonical.ts';
import type { GateReport } from '../../policy-sets/gates.ts';
import { damagedKeys } from '../../policy-sets/kv-access.ts';
import { pointersOf } from '../../policy-sets/pointers.ts';
import {
  type PolicySet,
  type VersionSummary,
  VersionSummarySchema,
} from '../../policy-sets/policy-set-schemas.ts';
import { damagedContent } from '../../policy-sets/repair.ts';
import { partsOf, storedPolicies } from '../../policy-sets/stored-policies.ts';
import type { VersionContent } from '../../policy-sets/version-schemas.ts';
import { inTurn, passGates, VERSION_BODY } from './sent-version.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { readVersion, receiveVersion, type SentVersion, VersionQuerySchema } from './version-body.ts';
import { ask, openWrite, registryOf, revisionHeaders, WRITE_PROBLEMS, WriteHeadersSchema } from './writes.ts';

/** `POST /policy-sets/{name}/versions` */
export function publishVersion(app: App): void {
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
        const isolate = context.get('isolate');
        const { sent, order } = await inTurn(isolate, received, async () => {
          const version = await readVersion(received);
          return { sent: version, order: await toPublish(version, await passGates(isolate, name, version)) };
        });
        done = await write.commit(order);
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
}

/**
 * Writes again the parts of a version that KV lacks or that are damaged there, when the version is published again.
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
  const contents = await damagedContent(kv, version, draft, terms);
  const pointers = pointersOf(set, pointer).map(({ key, value }) => [key, value] as const);
  const keys = [...(await damagedKeys(kv, new Map(pointers)))];
  if (contents.length + keys.length === 0) return;
  const count = contents.length + keys.length;
  console.warn(JSON.stringify({ event: 'version-repaired', name, ...pointer, keys: count }));
  await ask(async () => registryOf(bindings, name).tellAgain(pointer, contents, keys));
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
