import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Bound, MEMORY_BOUNDS, mostRemembered } from '../../src/memory/bounds.ts';
import { read, tableOf } from './pages.ts';

const PAGE = 'docs/architecture.md';
const page = read(PAGE);

describe(PAGE, () => {
  const files = [...new Set(page.match(/\b(?:src|test)\/[\w./-]+\.(?:test\.)?ts\b/g) ?? [])];

  test.each(files)('%s is there', (file) => {
    expect(existsSync(file)).toBe(true);
  });

  test('draws every room', () => {
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of rooms) expect(page).toMatch(new RegExp(`\\["${name}(?:<br/>|")`));
    for (const phase of ['read', 'derive', 'emit', 'model'])
      expect(page).toMatch(new RegExp(`\\["${phase}(?:<br/>|")`));
  });

  test('draws no arrow that the code does not have', () => {
    const names = new Map(
      [...page.matchAll(/^ {2}.*?\b(\w+)\["([\w.,-]+?)[<,"]/gm)].map(([, id = '', name = '']) => [id, name]),
    );
    for (const [, id = '', room = ''] of page.matchAll(/--> (\w+)\["([\w-]+)/g)) names.set(id, room);
    const arrows = [...page.matchAll(/^ {2}(\w+)(?:\[.*?\])? --> (\w+)/gm)];
    expect(arrows.length).toBeGreaterThan(10);
    for (const [, from = '', to = ''] of arrows) {
      const [above, below] = [folderOf(names.get(from) ?? from), folderOf(names.get(to) ?? to)];
      const imports = sourcesIn(above).flatMap(
        (file) => readFileSync(file, 'utf8').match(/from '[^']+'/g) ?? [],
      );
      const last = below.split('/').at(-1) ?? '';
      expect(`${from} → ${to}: ${imports.some((line) => line.includes(`/${last}/`))}`).toBe(
        `${from} → ${to}: true`,
      );
    }
  });

  test('tells the bound of everything that is remembered', () => {
    const rows = tableOf(PAGE, 'What an isolate remembers').map((row) => row.slice(0, 3).join(' '));
    expect(rows).toEqual(Object.entries(MEMORY_BOUNDS).map(([name, bound]) => `\`${name}\` ${shown(bound)}`));
  });

  test('promises that all of it together fits into an isolate', () => {
    expect(mostRemembered()).toBeLessThan(128 * 1_048_576);
  });

  test('explains its words in the order of the alphabet', () => {
    const words = tableOf(PAGE, 'Glossary').map(([word = '']) => word);
    expect(words).toEqual([...words].sort());
  });
});

/** A bound as the table shows it. */
function shown({ entries, weight, unit }: Bound): string {
  const count = Number.isFinite(entries) ? entries.toLocaleString('en') : 'any';
  if (unit === 'entries') return `${count} –`;
  const mebibytes = weight / 1_048_576;
  return `${count} ${Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${weight.toLocaleString('en')} ${unit}`}`;
}

function folderOf(room: string): string {
  if (room.startsWith('index')) return 'src';
  return existsSync(`src/${room}`) ? `src/${room}` : `src/compiler/${room}`;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: folder !== 'src' })
    .map((name) => `${folder}/${String(name)}`)
    .filter((file) => file.endsWith('.ts'));
}
