/**
 * Prints what the last run with `--coverage` covered, a line for each folder of `src`: `npm run coverage`.
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { z } from 'zod';

const MEASURES = ['statements', 'branches', 'functions', 'lines'] as const;

const CountSchema = z.object({ total: z.number(), covered: z.number() });
const FileSchema = z.object({
  statements: CountSchema,
  branches: CountSchema,
  functions: CountSchema,
  lines: CountSchema,
});
type File = z.output<typeof FileSchema>;

/** With one decimal, rounded down: only what is covered wholly shows 100. */
function percent(files: readonly File[], measure: keyof File): string {
  const sum = (count: 'total' | 'covered') => files.reduce((all, file) => all + file[measure][count], 0);
  return sum('total') === 0 ? '–' : (Math.floor((sum('covered') / sum('total')) * 1_000) / 10).toFixed(1);
}

const folders = new Map<string, File[]>();
const summary = z
  .record(z.string(), FileSchema)
  .parse(JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')));
for (const [path, file] of Object.entries(summary)) {
  const folder = path === 'total' ? 'all' : dirname(relative('.', path));
  const files = folders.get(folder) ?? [];
  folders.set(folder, files);
  files.push(file);
}

const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
console.log(row('folder', 'files', ...MEASURES.map((measure) => `${measure} %`)));
console.log(row('---', '---', ...MEASURES.map(() => '---')));
const all = folders.get('all') ?? [];
folders.delete('all');
for (const [folder, files] of [...folders].sort(([one], [other]) => (one < other ? -1 : 1)))
  console.log(row(folder, files.length, ...MEASURES.map((measure) => percent(files, measure))));
console.log(row('all', Object.keys(summary).length - 1, ...MEASURES.map((measure) => percent(all, measure))));
