import { describe, expect, test } from 'vitest';
import { CONTROLS } from '../support/pod-security.ts';
import { codesOf, namesIn, tableOf } from './pages.ts';

/** An override as the table of all overrides writes it: `hostPath:<path>` for `hostPath:/a`. */
function isOf(pattern: string, id: string): boolean {
  const source = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/<\w+>/g, '.+');
  return new RegExp(`^(?:${source})$`).test(id);
}

describe.each([
  ['baseline', 'Baseline'],
  ['restricted', 'Restricted'],
])('docs/pod-security.md, %s', (level, heading) => {
  const rows = tableOf('docs/pod-security.md', heading);
  const controls = CONTROLS.filter((control) => control.level === level);

  test('has every control', () => {
    expect(rows.map(([control]) => control)).toEqual(controls.map(({ name }) => name));
  });

  test.each(controls.map((control) => ({ ...control })))('$name asks for what stands there', (control) => {
    const [, overrides = '', setting = ''] = rows.find(([name]) => name === control.name) ?? [];
    const asked = control.violations.flatMap(([, ids]) => ids);
    const ids = asked.map((each) => each.replace(' (implicit)', ''));
    const patterns = codesOf(overrides);
    for (const id of ids)
      expect(
        patterns.some((each) => isOf(each, id)),
        id,
      ).toBe(true);
    expect(setting.includes('authorizeUnset')).toBe(asked.some((each) => each.endsWith(' (implicit)')));
    const known = namesIn('docs/overrides.md', 'What a workload asks for');
    for (const pattern of patterns) expect(known).toContain(pattern);
  });
});
