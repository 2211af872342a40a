import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initSync } from '@cedar-policy/cedar-wasm/web';
import { splitPolicies } from '../cedar/policy-text.ts';
import { type VersionContent, VersionContentSchema } from '../policy-sets/model.ts';

const webEntry = fileURLToPath(import.meta.resolve('@cedar-policy/cedar-wasm/web'));
initSync({ module: readFileSync(join(dirname(webEntry), 'cedar_wasm_bg.wasm')) });

/**
 * Reads a folder of `*.cedar` files, with `entities.json` and `settings.json` where there are any, into the
 * content of a version.
 *
 * @throws Error naming the file and what is wrong in it.
 */
export function readPolicyFolder(folder: string): VersionContent {
  const policies: Record<string, string> = {};
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.cedar'))
    .sort()) {
    const split = splitPolicies(readFileSync(join(folder, file), 'utf8'));
    if (!split.ok)
      throw new Error(`${folder}/${file}: ${split.problems.map(({ message }) => message).join('; ')}`);
    for (const [id, text] of Object.entries(split.policies)) {
      if (Object.hasOwn(policies, id))
        throw new Error(`${folder}/${file}: the @id ${JSON.stringify(id)} is used in another file too.`);
      policies[id] = text;
    }
  }
  return VersionContentSchema.parse({
    format: 1,
    policies,
    schema: null,
    entities: readJson(join(folder, 'entities.json')) ?? [],
    settings: readJson(join(folder, 'settings.json')) ?? { authorizeEntrypoints: false },
    tests: [],
    message: `The policies of ${folder}/`,
    author: 'local',
    // Fixed, so that the same folder always has the same digest.
    createdAt: '2026-01-01T00:00:00Z',
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
