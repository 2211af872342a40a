import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { OverrideRequest, Principal } from '../../src/cedar/override-question.ts';
import { permitsText, permitTestsText } from '../../src/learn/permits.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'tracewright-')), 'policies');
cpSync('policies', folder, { recursive: true });
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

const SHOP: Principal = { namespace: 'shop', name: 'web', kind: 'deployment', labels: {} };

function binary(path: string, more: Partial<OverrideRequest> = {}): OverrideRequest {
  return {
    id: `allowedBinary:${path}`,
    category: 'binary',
    container: 'app',
    image: 'a:1',
    implicit: false,
    ...more,
  };
}

const MISSING = [
  { principal: SHOP, override: binary('/bin/sh') },
  { principal: { ...SHOP, kind: 'service' }, override: binary('/bin/sh') },
  { principal: SHOP, override: binary('/opt/ü "a", b\\c') },
  { principal: SHOP, override: binary(`/opt/${'long/'.repeat(100)}x`) },
  { principal: { ...SHOP, labels: { tier: 'batch', on: 'yes' } }, override: binary('*', { implicit: true }) },
  {
    principal: SHOP,
    override: { ...binary(''), id: 'hostPID', category: 'pod' as const, container: undefined },
  },
  {
    principal: { ...SHOP, name: 'api.v1' },
    override: { ...binary(''), id: 'capability:NET_RAW', category: 'capability' as const },
  },
];

function runTests(): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const args = ['--import', './src/cli/hooks.ts', 'src/cli/policies-command.ts', 'test', '--folder', folder];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}

test('suggested permits and their tests pass the gates beside other policies, as they are written', async () => {
  writeFileSync(join(folder, 'learnt.cedar'), permitsText(MISSING));
  writeFileSync(join(folder, 'learnt.tests.yaml'), permitTestsText(MISSING));
  const { code, out, err } = await runTests();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('21 policies are valid, 25 of 25 tests passed.');
});

test('without the permits, every one of their tests fails', async () => {
  writeFileSync(join(folder, 'learnt.cedar'), permitsText([]));
  writeFileSync(join(folder, 'learnt.tests.yaml'), permitTestsText(MISSING));
  const { code, err } = await runTests();
  expect(code).toBe(1);
  expect(err).toContain('7 faults; 18 of 25 tests passed.');
});
