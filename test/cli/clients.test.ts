import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { loadPyodide } from 'pyodide';
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ADMIN_KEY } from '../support/credentials.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';

const text = readFileSync('openapi/openapi.json', 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'tracewright-clients-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('the document passes the rules that Redocly recommends', async () => {
  // Health, readiness, keys and this document are public and take nothing: there is no 4xx to describe.
  const config = await createConfig({ extends: ['recommended'], rules: { 'operation-4xx-response': 'off' } });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

test('the types of the TypeScript client are those of the document (npm run openapi)', () => {
  const file = join(scratch, 'schema.d.ts');
  const folder = 'openapi/typescript/node_modules';
  execFileSync(process.execPath, [
    `${folder}/openapi-typescript/bin/cli.js`,
    'openapi/openapi.json',
    '--default-non-nullable',
    'false',
    '--output',
    file,
  ]);
  expect(readFileSync(file, 'utf8')).toBe(readFileSync('openapi/typescript/schema.d.ts', 'utf8'));
});

describe('types for Python, by quicktype', () => {
  const Document = z.looseObject({
    components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
  });
  let worker: LocalWorker;
  let python: Awaited<ReturnType<typeof loadPyodide>>;

  beforeAll(async () => {
    const { components } = Document.parse(JSON.parse(text));
    const input = new JSONSchemaInput(new FetchingJSONSchemaStore());
    for (const name of ['Compilation', 'Authorization', 'Problem']) {
      await input.addSource({ name, schema: JSON.stringify({ ...components.schemas[name], components }) });
    }
    const inputData = new InputData();
    inputData.addInput(input);
    const { lines } = await quicktype({
      inputData,
      lang: 'python',
      rendererOptions: { 'python-version': '3.7' },
    });
    worker = await startWorker(join(scratch, 'state'));
    python = await loadPyodide();
    python.FS.writeFile('tracewright.py', lines.join('\n'));
  });
  afterAll(() => worker.dispose());

  async function call(path: string, body: unknown, method = 'POST'): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${ADMIN_KEY}`,
      'content-type': 'application/json',
      'if-match': '*',
    };
    const url = new URL(path, worker.url);
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    return response.json();
  }

  /** Reads an answer into the types of Python, writes it again, and compares. */
  function roundTrip(type: string, answer: unknown): unknown {
    python.globals.set('text', JSON.stringify(answer));
    const written: unknown = python.runPython(`
import json, tracewright
json.dumps(tracewright.${type}_to_dict(tracewright.${type}_from_dict(json.loads(text))))
`);
    return JSON.parse(z.string().parse(written));
  }

  test('compile, and hold the answers of the API without a loss', async () => {
    expect(
      python.runPython('import py_compile; py_compile.compile("tracewright.py", doraise=True)'),
    ).toBeDefined();
    await call('/policy-sets', { name: 'default' });
    await call('/policy-sets/default/versions', {
      policies: {
        all: '@id("all") permit (principal, action, resource) when { resource.category == "binary" };',
      },
    });
    await call('/policy-sets/default/aliases/active', { version: 1 }, 'PUT');
    const service = (security: object) => ({
      apiVersion: 'lattice.dev/v1alpha1',
      kind: 'LatticeService',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        workload: {
          containers: [
            { name: 'app', image: 'app:1', securityContext: { allowedBinaries: ['/bin/app'], ...security } },
          ],
        },
      },
    });
    const compilation = await call('/compile', service({ runAsNonRoot: true }));
    expect(compilation).toHaveProperty('manifests.length', 3);
    expect(roundTrip('compilation', compilation)).toEqual(compilation);
    const denied = await call('/compile', service({ privileged: true }));
    expect(denied).toHaveProperty('denials.length', 1);
    expect(roundTrip('problem', denied)).toEqual(denied);
    const decided = await call('/authorize', service({ privileged: true }));
    expect(roundTrip('authorization', decided)).toEqual(decided);
  });
});
