import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';

/** The files that a part of a version may come from. Policies come from `*.cedar`, and more tests from {@link MORE_TESTS}. */
const PARTS = {
  schema: ['schema.cedarschema'],
  entities: ['entities.json', 'entities.yaml', 'entities.yml'],
  settings: ['settings.json', 'settings.yaml', 'settings.yml'],
  tests: ['tests.yaml', 'tests.yml', 'tests.json'],
} as const;

/** A part of a version that has a file of its own. */
export type Part = keyof typeof PARTS;

const PART_NAMES: readonly string[] = Object.values(PARTS).flat();

/** The names of files with more tests, so that those of one team, or those that were generated, have a file of their own. */
const MORE_TESTS = /.\.tests\.(yaml|yml|json)$/;

/** The file that names, one in a line, the files and folders of a policy folder that are no part of the set. */
const IGNORE_FILE = '.policyignore';

/** The files of a policy folder. Every path begins with the path of the folder. */
export interface PolicyFiles {
  /** The files with policies, in the order of their paths. */
  readonly policies: readonly string[];
  /** The file of each other part. The tests may be in several, of which `tests.yaml` is the first. */
  readonly parts: ReadonlyMap<Part, readonly string[]>;
  /** Files that would be left out silently, as `<file>: <what to do>`. */
  readonly faults: readonly string[];
  /** Files and folders that `.policyignore` leaves out. */
  readonly ignored: readonly string[];
}

/**
 * Finds the files of a policy set. Every file below the folder must be one that is read, documentation (`*.md`), hidden
 * (its name begins with a dot), or named in `.policyignore`: a forbid in a file that nobody reads would be worse than an
 * error.
 *
 * @throws Error when the folder does not exist, with a message for the user.
 */
export function findPolicyFiles(folder: string): PolicyFiles {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`There is no folder ${folder}.`);
  if (!stat.isDirectory()) throw new Error(`${folder} is a file: expected the folder of a policy set.`);
  return new Search(folder).result();
}

/** One pass over a policy folder, and what it has found so far. */
class Search {
  readonly #folder: string;
  readonly #toIgnore: Set<string>;
  readonly #policies: string[] = [];
  readonly #parts = new Map<Part, string>();
  readonly #moreTests: string[] = [];
  readonly #faults: string[] = [];
  readonly #ignored: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    this.#toIgnore = new Set(readIgnored(folder));
  }

  result(): PolicyFiles {
    this.#visit('');
    for (const path of this.#toIgnore)
      this.#refuse(join(this.#folder, IGNORE_FILE), `There is no ${path} in ${this.#folder} to leave out.`);
    return {
      policies: this.#policies,
      parts: this.#filesOfParts(),
      faults: this.#faults,
      ignored: this.#ignored,
    };
  }

  #filesOfParts(): Map<Part, readonly string[]> {
    const files = new Map([...this.#parts].map(([part, file]): [Part, readonly string[]] => [part, [file]]));
    if (this.#moreTests.length > 0) files.set('tests', [...(files.get('tests') ?? []), ...this.#moreTests]);
    return files;
  }

  #visit(within: string): void {
    const entries = readdirSync(join(this.#folder, within), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const { name } = entry;
      const path = within === '' ? name : `${within}/${name}`;
      const file = join(this.#folder, path);
      const isLink = entry.isSymbolicLink();
      const target = isLink ? statSync(file, { throwIfNoEntry: false }) : entry;
      if (this.#toIgnore.delete(path)) this.#ignored.push(file);
      else if (name.startsWith('.')) this.#addHidden(name, file);
      else if (target === undefined) this.#refuse(file, 'The link leads nowhere.');
      else if (!target.isDirectory()) this.#addFile(name, within, file);
      else if (isLink) this.#refuse(file, 'A link to a folder is not followed.');
      else this.#visit(path);
    }
  }

  #addHidden(name: string, file: string): void {
    if (name.endsWith('.cedar')) this.#refuse(file, 'A hidden file is not read: rename it.');
  }

  #addFile(name: string, within: string, file: string): void {
    if (name.endsWith('.cedar')) this.#policies.push(file);
    else if (within === '' && PART_NAMES.includes(name)) this.#addPart(partOf(name), file);
    else if (within === '' && MORE_TESTS.test(name)) this.#moreTests.push(file);
    else if (!/\.md$/i.test(name)) this.#refuse(file, whyNotRead(name, within));
  }

  #addPart(part: Part, file: string): void {
    const other = this.#parts.get(part);
    if (other === undefined) this.#parts.set(part, file);
    else this.#refuse(file, `${basename(other)} has the ${part} already: keep one of the two.`);
  }

  #refuse(file: string, message: string): void {
    this.#faults.push(`${file}: ${message}`);
  }
}

/** The entries of the ignore file, as paths below the folder. */
function readIgnored(folder: string): string[] {
  const file = join(folder, IGNORE_FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  return lines
    .map((line) =>
      line
        .trim()
        .replace(/^\.?\//, '')
        .replace(/\/+$/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function isPart(name: string): boolean {
  return PART_NAMES.includes(name) || MORE_TESTS.test(name);
}

/** The part that a file of this name holds, if it is one of the names of parts. */
function partOf(name: string): Part {
  if (name.startsWith('schema')) return 'schema';
  if (name.startsWith('entities')) return 'entities';
  return name.startsWith('settings') ? 'settings' : 'tests';
}

/** Says why a file is not read, and what to do. */
function whyNotRead(name: string, within: string): string {
  if (isPart(name))
    return `It is read in the folder of the set only. Move what it says there, or, if ${within} is a policy set of its own, name ${within} in ${IGNORE_FILE}.`;
  const meant = meantName(name);
  const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `It is not read.${question} Policies are in *.cedar, the rest in ${PART_NAMES.join(', ')}, and more tests in *.tests.yaml; name in ${IGNORE_FILE} what is no part of the set.`;
}

/** The name that the user perhaps meant. */
function meantName(name: string): string | undefined {
  if (/\.(cedar|ceder|cdr)\b/i.test(name)) return `${name.replace(/\.(cedar|ceder|cdr)\b.*$/i, '')}.cedar`;
  const [tests] = /\.tests?\.(yaml|yml|json)$/i.exec(name) ?? [];
  if (tests !== undefined) return `${name.slice(0, -tests.length)}.tests.${tests.split('.').at(-1)}`;
  const near = closest(name, PART_NAMES);
  return distance(name, near) <= 4 ? near : undefined;
}
