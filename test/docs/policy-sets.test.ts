import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { operationsBelow, operationsIn } from './document.ts';
import { namesOf, tableOf } from './pages.ts';

describe('docs/policy-sets.md', () => {
  test('has every operation of policy sets', () => {
    expect(operationsIn('docs/policy-sets.md', 'The API').sort()).toEqual(
      operationsBelow('/policy-sets').sort(),
    );
  });

  test('has every command, and every exit code', () => {
    const usage = execFileSync('npm', ['run', '-s', 'policies', '--', '--help'], { encoding: 'utf8' });
    const [, list = '', after = ''] = usage.split('\n\n');
    const commands = [...list.matchAll(/^ {2}([a-z]+(?: [a-z]+)*(?: <[a-z]+>)*) {2,}/gm)];
    expect(after).toContain('--help');
    expect(commands.length).toBeGreaterThan(15);
    // The heading is above two tables: that of the commands, and that of the exit codes.
    const rows = tableOf('docs/policy-sets.md', 'Commands');
    expect(namesOf(rows).sort()).toEqual(commands.map(([, command = '']) => command).sort());
    const codes = [...usage.matchAll(/^ {2}(\d) {2}/gm)].map(([, code = '']) => code);
    expect(rows.map(([first = '']) => first).filter((first) => /^\d$/.test(first))).toEqual(codes);
  });
});
