import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ChangeSchema } from '../../src/policy-sets/policy-set-schemas.ts';
import { create, permit, publishText, registry, standing, write } from '../support/policy-sets.ts';
import { runs } from '../support/runs.ts';
import { postJson, send } from '../support/worker.ts';

/** What a policy set is, in the simplest words: the reference for everything that the registry does. */
interface Model {
  revision: number;
  archived: boolean;
  /** The content of each version, by its number less one. */
  versions: number[];
  aliases: Map<string, number>;
  /** What readers see: the aliases as of the last time KV took writes. */
  seen: Map<string, number | 'archived'>;
  kvWorks: boolean;
}

/** The real thing, and how to break it. */
interface Real {
  readonly name: string;
  kvWorks: boolean;
}

type Step = fc.AsyncCommand<Model, Real>;
const always = (): boolean => true;
const textOf = (content: number): string => permit(`content-${content}`);
const IF_MATCH = ['any', 'current', 'stale'] as const;
type IfMatch = (typeof IF_MATCH)[number];

function header({ revision }: Model, kind: IfMatch): { 'if-match': string } {
  return { 'if-match': kind === 'any' ? '*' : `"${kind === 'current' ? revision : revision + 1}"` };
}

function changed(model: Model): void {
  model.revision += 1;
  if (model.kvWorks) tellReaders(model);
}

function tellReaders(model: Model): void {
  model.seen = new Map(
    [...model.aliases].map(([alias, version]) => [alias, model.archived ? 'archived' : version]),
  );
}

/** What a publication answers with, and its effect. */
function publish(model: Model, content: number): { status: number; version?: number } {
  if (model.archived) return { status: 409 };
  const held = model.versions.indexOf(content);
  if (held >= 0) return { status: 200, version: held + 1 };
  model.versions.push(content);
  changed(model);
  return { status: 201, version: model.versions.length };
}

async function versionOf(answer: Response): Promise<number | undefined> {
  return z.object({ version: z.int().optional() }).parse(await answer.json()).version;
}

function publishing(content: number, ifMatch: IfMatch): Step {
  return {
    check: always,
    toString: () => `publish(${content}, ${ifMatch})`,
    run: async (model, { name }) => {
      const headers = header(model, ifMatch);
      const expected = ifMatch === 'stale' ? { status: 412 } : publish(model, content);
      const answer = await publishText(name, textOf(content), headers);
      expect(answer.status).toBe(expected.status);
      expect(await versionOf(answer)).toBe('version' in expected ? expected.version : undefined);
    },
  };
}

function publishingAtOnce(contents: readonly number[]): Step {
  return {
    check: ({ archived }) => !archived,
    toString: () => `publishAtOnce(${contents.join(', ')})`,
    run: async (model, { name }) => {
      const versions = await Promise.all(
        contents.map(async (content) => versionOf(await publishText(name, textOf(content)))),
      );
      // Which of them came first is theirs to decide; that they are consecutive and distinct is not.
      const fresh = new Map<number, number>();
      for (const [index, content] of contents.entries()) {
        const version = versions[index] ?? 0;
        const held = model.versions.indexOf(content);
        if (held >= 0) expect(version).toBe(held + 1);
        else if (fresh.has(version)) expect(fresh.get(version)).toBe(content);
        else fresh.set(version, content);
      }
      const added = [...fresh].sort(([a], [b]) => a - b);
      expect(added.map(([version]) => version)).toEqual(
        added.map((_, index) => model.versions.length + index + 1),
      );
      for (const [, content] of added) publish(model, content);
    },
  };
}

function pointing(alias: string, reference: number | string, ifMatch: IfMatch): Step {
  return {
    check: always,
    toString: () => `point(${alias}, ${reference}, ${ifMatch})`,
    run: async (model, { name }) => {
      const headers = header(model, ifMatch);
      const version = typeof reference === 'number' ? reference : model.aliases.get(reference);
      const exists = version !== undefined && version <= model.versions.length;
      const status = ifMatch === 'stale' ? 412 : model.archived ? 409 : exists ? 200 : 404;
      if (status === 200 && exists && model.aliases.get(alias) !== version) {
        model.aliases.set(alias, version);
        changed(model);
      }
      const answer = await write(
        'PUT',
        `/policy-sets/${name}/aliases/${alias}`,
        { version: reference },
        headers,
      );
      expect(answer.status).toBe(status);
    },
  };
}

function archiving(archived: boolean): Step {
  return {
    check: always,
    toString: () => (archived ? 'archive()' : 'restore()'),
    run: async (model, { name }) => {
      if (model.archived !== archived) {
        model.archived = archived;
        changed(model);
      }
      const answer = await write('POST', `/policy-sets/${name}/${archived ? 'archive' : 'restore'}`, {});
      expect(answer.status).toBe(200);
    },
  };
}

const restarting: Step = {
  check: always,
  toString: () => 'restart()',
  run: () => abortAllDurableObjects(),
};

const breakingKv: Step = {
  check: ({ kvWorks }) => kvWorks,
  toString: () => 'breakKv()',
  run: async (model, real) => {
    model.kvWorks = false;
    real.kvWorks = false;
  },
};

const looking: Step = {
  check: always,
  toString: () => 'look()',
  run: async (model, { name }) => {
    const { revision, archived, latest, aliases } = await standing(name);
    expect({ revision, archived, latest: latest?.version ?? 0 }).toEqual({
      revision: model.revision,
      archived: model.archived,
      latest: model.versions.length,
    });
    expect(new Map(aliases.map(({ alias, version }) => [alias, version]))).toEqual(model.aliases);
    for (const alias of ['active', 'staging']) await lookThrough(model, name, alias);
    const { changes } = z
      .object({ changes: z.array(ChangeSchema) })
      .parse(await (await send(`/policy-sets/${name}/history?limit=100`)).json());
    expect(changes.map((change) => change.revision)).toEqual(
      Array.from({ length: model.revision }, (_, index) => model.revision - index),
    );
  },
};

/** A reader decides by exactly what the alias pointed at when KV last took writes. */
async function lookThrough(model: Model, name: string, alias: string): Promise<void> {
  const seen = model.seen.get(alias);
  const answer = await postJson(`/authorize?policySet=${name}&version=${alias}`, {
    principal: { namespace: 'shop', name: 'web' },
    overrides: Array.from({ length: 6 }, (_, content) => `allowedBinary:/bin/content-${content}`),
  });
  if (typeof seen !== 'number') {
    expect(answer.status).toBe(seen === 'archived' ? 409 : 404);
    return;
  }
  const { policySet, decisions } = z
    .object({
      policySet: z.object({ version: z.int() }),
      decisions: z.array(z.object({ decision: z.string() })),
    })
    .parse(await answer.json());
  expect(policySet.version).toBe(seen);
  expect(decisions.map(({ decision }) => decision)).toEqual(
    Array.from({ length: 6 }, (_, content) => (content === model.versions[seen - 1] ? 'allow' : 'deny')),
  );
}

const mendingKv: Step = {
  check: ({ kvWorks }) => !kvWorks,
  toString: () => 'mendKv()',
  run: async (model, real) => {
    model.kvWorks = true;
    tellReaders(model);
    real.kvWorks = true;
    // The alarm comes by itself; here it is brought forward.
    vi.setSystemTime(Date.now() + 61_000);
    await runDurableObjectAlarm(registry(real.name));
    await looking.run(model, real);
  },
};

const content = fc.nat(5);
const ifMatch = fc.constantFrom(...IF_MATCH);
const alias = fc.constantFrom('active', 'staging');
const steps = fc.commands(
  [
    fc.tuple(content, ifMatch).map(([each, match]) => publishing(each, match)),
    fc.array(content, { minLength: 2, maxLength: 6 }).map(publishingAtOnce),
    fc
      .tuple(alias, fc.oneof(fc.integer({ min: 1, max: 6 }), alias), ifMatch)
      .map(([each, reference, match]) => pointing(each, reference, match)),
    fc
      .tuple(alias, fc.integer({ min: 1, max: 3 }))
      .map(([each, reference]) => pointing(each, reference, 'any')),
    // Seldom archived, as nothing much happens to a set while it is.
    fc.constantFrom(true, false, false, false).map(archiving),
    fc.constant(restarting),
    fc.constant(breakingKv),
    fc.constant(mendingKv),
    fc.constant(looking),
  ],
  { maxCommands: 40, size: 'max' },
);

let real: Real = { name: '', kvWorks: true };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const put = env.POLICY_SETS.put.bind(env.POLICY_SETS);
  vi.spyOn(env.POLICY_SETS, 'put').mockImplementation(async (key: string, value, options) => {
    // The set's own entry in the list is made when the set is; what is broken comes after.
    if (!real.kvWorks) throw new Error('KV is down');
    return put(key, value, options);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a policy set is what the model says, whatever is done to it and in whatever order', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      real = { name: `model-${count++}`, kvWorks: true };
      await create(real.name);
      const model: Model = {
        revision: 1,
        archived: false,
        versions: [],
        aliases: new Map(),
        seen: new Map(),
        kvWorks: true,
      };
      await fc.asyncModelRun(() => ({ model, real }), [...sequence, looking]);
    }),
    runs(60),
  );
});
