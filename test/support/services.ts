import { expect } from 'vitest';
import { type Compiled, compile } from '../../src/compiler/emit/compile.ts';
import { readWorkloads } from '../../src/compiler/index.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import { toPointer } from '../../src/compiler/model/pointer.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { parseDocuments } from '../../src/compiler/read/documents.ts';
import { checkManifests } from './manifests.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A LatticeService `shop/web` with these containers (list or map), and more of its spec. */
export function service(containers: unknown, spec: Fields = {}, workload: Fields = {}): Fields {
  return {
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeService',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { workload: { containers, ...workload }, ...spec },
  };
}

/** A container `app` that runs `/bin/app`, with this security context. */
export function app(securityContext: Fields = {}, more: Fields = {}): Fields {
  return { name: 'app', image: 'app:1', command: ['/bin/app'], securityContext, ...more };
}

/** Reads a text that must hold valid services. */
export function workloads(text: string): readonly Workload[] {
  const parsed = parseDocuments(text, 'sniff');
  if (!parsed.ok) throw new Error(`not parsable: ${parsed.faults.map(({ message }) => message).join('; ')}`);
  const read = readWorkloads(parsed.documents);
  if (!read.ok)
    throw new Error(
      `not valid: ${read.faults.map(({ path, message }) => `${toPointer(path)} ${message}`).join('; ')}`,
    );
  return read.workloads;
}

/** Reads one valid service. */
export function workload(input: unknown): Workload {
  const [only, ...others] = workloads(JSON.stringify(input));
  expect(others).toEqual([]);
  if (only === undefined) throw new Error('no service');
  return only;
}

/** Compiles one valid service; what comes out is checked against the schemas. */
export function compiled(input: unknown, options: Partial<CompileOptions> = {}): Compiled {
  const result = compile(workload(input), { ...DEFAULT_OPTIONS, ...options });
  checkManifests(result.manifests);
  return result;
}

/** What is wrong with a service, as `<pointer>: <message>`. */
export function faults(input: unknown): string[] {
  const parsed = parseDocuments(typeof input === 'string' ? input : JSON.stringify(input), 'sniff');
  if (!parsed.ok) return parsed.faults.map(({ message }) => message);
  const read = readWorkloads(parsed.documents);
  return read.ok ? [] : read.faults.map(({ path, message }) => `${toPointer(path)}: ${message}`);
}
