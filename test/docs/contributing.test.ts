import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { namesIn, read } from './pages.ts';

const ProjectSchema = z.looseObject({ name: z.string() });

describe('CONTRIBUTING.md', () => {
  const { scripts } = z
    .looseObject({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')));

  test('has every command of package.json', () => {
    const shown = namesIn('CONTRIBUTING.md', 'Commands').map((command) => command.split(' ').at(-1));
    expect(['start', ...shown].sort()).toEqual(Object.keys(scripts).sort());
  });

  test('has every folder of the source, and only folders that there are', () => {
    const shown = namesIn('CONTRIBUTING.md', 'Where things are');
    for (const name of shown) expect(existsSync(name), name).toBe(true);
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(shown.filter((name) => name.startsWith('src/')).sort()).toEqual(
      rooms.map(({ name }) => `src/${name}`).sort(),
    );
  });

  test('has every project of the tests', async () => {
    const config = z
      .looseObject({ test: z.looseObject({ projects: z.array(z.looseObject({ test: ProjectSchema })) }) })
      .parse((await import('../../vitest.config.ts')).default);
    expect(
      namesIn('CONTRIBUTING.md', 'Tests')
        .filter((name) => !name.includes('/'))
        .sort(),
    ).toEqual(config.test.projects.map(({ test: { name } }) => name).sort());
  });
});
