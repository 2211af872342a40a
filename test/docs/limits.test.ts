import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { namesIn, read, sectionOf } from './pages.ts';

describe('docs/limits.md', () => {
  test.each(Object.entries(LIMITS))('tells the limit %s: %i', (name, value) => {
    const rows = read('docs/limits.md')
      .split('\n')
      .filter((line) => line.startsWith(`| \`${name}\``));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.replaceAll(',', '')).toMatch(new RegExp(`\\| *${value} *\\|`));
  });

  test('has no other limit', () => {
    expect(namesIn('docs/limits.md', 'Limits').sort()).toEqual(Object.keys(LIMITS).sort());
  });

  test('tells the rate that is configured', () => {
    const [, limit, period] =
      /simple = \{ limit = (\d+), period = (\d+) \}/.exec(read('wrangler.toml')) ?? [];
    const section = sectionOf('docs/limits.md', 'Requests per caller');
    expect(section).toContain(`${limit} in ${period} seconds`);
    expect(section).toContain(`RateLimit-Policy: "caller";q=${limit};w=${period}`);
    expect(section).toContain(`t=${period}`);
  });
});
