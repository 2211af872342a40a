import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';

/** Where a part of a version may come from, besides `*.cedar`. */
const PARTS = {
  schema: ['schema.cedarschema'],
  entities: ['entities.json', 'entities.yaml', 'entities.yml'],
  settings: ['settings.json', 'settings.yaml', 'settings.yml'],
  tests: ['tests.yaml', 'tests.yml', 'tests.json'],
} as const;
/** A part of a policy set that has a file of its own. */
export type Part = keyof typeof PARTS;
const PART_NAMES: readonly string[] = Object.values(PARTS).flat();

/** Names the files and folders below a policy folder that are no part of the set, one in a line. */
export const IGNORE_FILE = '.policyignore';

/** What a folder holds; every path begins with that of the folder. */
export interface PolicyFiles {
  /** In the order of their paths. */
  readonly policies: readonly string[];
  readonly parts: ReadonlyMap<Part, string>;
  /** Files that would be left out without a word, as `<file>: <what to do>`. */
  readonly faults: readonly string[];
  /** What `.policyignore` leaves out. */
  readonly ignored: readonly string[];
}

/**
 * Finds the files of a policy set. Every file below the folder must be one that is read, documentation
 * (`*.md`), hidden (its name begins with a dot), or named in `.policyignore`: a forbid in a file that
 * nobody reads would be worse than an error.
 *
 * @throws Error when there is no such folder, in words to show.
 */
export function findPolicyFiles(folder: string): PolicyFiles {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`There is no folder ${folder}.`);
  if (!stat.isDirectory()) throw new Error(`${folder} is a file: expected the folder of a policy set.`);
  const policies: string[] = [];
  const parts = new Map<Part, string>();
  const faults: string[] = [];
  const toIgnore = new Set(readIgnored(folder));
  const ignored: string[] = [];
  const visit = (within: string): void => {
    const entries = readdirSync(join(folder, within), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = within === '' ? entry.name : `${within}/${entry.name}`;
      const file = join(folder, path);
      const found = entry.isSymbolicLink() ? statSync(file, { throwIfNoEntry: false }) : entry;
      if (toIgnore.delete(path)) ignored.push(file);
      else if (entry.name.startsWith('.')) {
        if (entry.name.endsWith('.cedar')) faults.push(`${file}: A hidden file is not read: rename it.`);
      } else if (found === undefined) faults.push(`${file}: The link leads nowhere.`);
      else if (found.isDirectory()) {
        if (entry.isSymbolicLink()) faults.push(`${file}: A link to a folder is not followed.`);
        else visit(path);
      } else if (entry.name.endsWith('.cedar')) policies.push(file);
      else if (within === '' && isPart(entry.name)) {
        const part = partOf(entry.name);
        const other = parts.get(part);
        if (other === undefined) parts.set(part, file);
        else faults.push(`${file}: ${basename(other)} has the ${part} already: keep one of the two.`);
      } else if (!/\.md$/i.test(entry.name)) faults.push(`${file}: ${whyNot(entry.name, within)}`);
    }
  };
  visit('');
  for (const path of toIgnore)
    faults.push(`${join(folder, IGNORE_FILE)}: There is no ${path} in ${folder} to leave out.`);
  return { policies, parts, faults, ignored };
}

/** The entries of the ignore file, as paths below the folder. */
function readIgnored(folder: string): string[] {
  const file = join(folder, IGNORE_FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .map((line) =>
      line
        .trim()
        .replace(/^\.?\//, '')
        .replace(/\/+$/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function isPart(name: string): boolean {
  return PART_NAMES.includes(name);
}

function partOf(name: string): Part {
  if (name.startsWith('schema')) return 'schema';
  if (name.startsWith('entities')) return 'entities';
  return name.startsWith('settings') ? 'settings' : 'tests';
}

/** Says why a file is not read, and what to do. */
function whyNot(name: string, within: string): string {
  if (isPart(name))
    return `It is read in the folder of the set only. Move what it says there, or, if ${within} is a policy set of its own, name ${within} in ${IGNORE_FILE}.`;
  const near = closest(name, PART_NAMES);
  const meant = /\.(cedar|ceder|cdr)\b/i.test(name)
    ? `${name.replace(/\.(cedar|ceder|cdr)\b.*$/i, '')}.cedar`
    : distance(name, near) <= 4
      ? near
      : undefined;
  return `It is not read.${meant === undefined ? '' : ` Did you mean ${meant}?`} Policies are in *.cedar, the rest in ${PART_NAMES.join(', ')}; name in ${IGNORE_FILE} what is no part of the set.`;
}
