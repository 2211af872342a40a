import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CedarMemory } from '../cedar/memory.ts';
import { placeIn } from '../cedar/policy-text.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { parseValue } from '../compiler/model/parse.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import type { SourceDocument } from '../compiler/read/documents/source-document.ts';
import { parseDocuments } from '../compiler/read/documents.ts';
import { type GateFault, readCedarText } from '../policy-sets/draft.ts';
import { checkDraft, type GateReport } from '../policy-sets/gates.ts';
import { draftOf, type VersionDraft, VersionRequestSchema } from '../policy-sets/model.ts';
import { findPolicyFiles } from './policy-files.ts';

/** A folder, read and put through the gates of a publication. */
export interface PolicyFolder {
  readonly draft: VersionDraft;
  readonly report: GateReport;
  /** Everything wrong with it, as `<file>:<line>:<column>: <what>`. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** Where each policy stands, by its id, and each other part; paths begin with that of the folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly parts: ReadonlyMap<string, string>;
  /** Files and folders that it says are no part of it. */
  readonly ignored: readonly string[];
}

/**
 * Reads the `*.cedar` below a folder, and where there are any `schema.cedarschema`, `entities.json`,
 * `settings.json` and `tests.yaml` (each also as the other of JSON and YAML).
 *
 * @param set The policy set that it is meant for.
 * @throws Error when the folder cannot be read, in words to show.
 */
export async function readPolicyFolder(folder: string, set: string): Promise<PolicyFolder> {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const places = new Map<string, { readonly file: string; readonly text: string; readonly offset: number }>();
  const readFaults: GateFault[] = [];
  const lines: string[] = [];
  const files = findPolicyFiles(folder);
  const refuse = (line: string, message: string, path: Path): void => {
    lines.push(line);
    readFaults.push({ gate: 'parse', message, path });
  };
  for (const fault of files.faults) refuse(fault, fault, ['policies']);
  const readFile = (file: string): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(readFileSync(file));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      refuse(`${file}: It is not in UTF-8.`, 'It is not in UTF-8.', ['policies']);
      return '';
    }
  };
  for (const file of files.policies) {
    const text = readFile(file);
    const read = readCedarText(text);
    for (const fault of read.faults) {
      readFaults.push(fault);
      lines.push(at(file, text, fault.textOffset, fault));
    }
    for (const [id, policy] of Object.entries(read.policies)) {
      const place = { file, text, offset: read.offsets.get(id) ?? 0 };
      const other = places.get(id);
      if (other !== undefined) {
        const fault: GateFault = {
          gate: 'id',
          message: `The @id ${JSON.stringify(id)} is used in ${other.file} too.`,
          path: ['policies', id],
          policy: id,
        };
        readFaults.push(fault);
        lines.push(at(file, text, place.offset, fault));
      } else {
        policies[id] = policy;
        places.set(id, place);
        const known = read.terms.get(id);
        if (known !== undefined) terms.set(id, known);
      }
    }
  }
  const documents = new Map<string, { readonly file: string; readonly document: SourceDocument }>();
  const given: Record<string, unknown> = { policies };
  for (const [part, file] of files.parts) {
    const text = readFile(file);
    if (part === 'schema') {
      given[part] = text;
      continue;
    }
    const parsed = parseDocuments(text, 'sniff');
    const [document] = parsed.ok ? parsed.documents : [];
    if (!parsed.ok || document === undefined || parsed.documents.length !== 1) {
      const message = parsed.ok ? 'Expected one document.' : (parsed.faults[0]?.message ?? '');
      const { line = 1, column = 1 } = parsed.ok ? {} : (parsed.faults[0]?.position ?? {});
      refuse(`${file}:${line}:${column}: ${message}`, message, [part]);
      continue;
    }
    for (const { line, column } of document.rounded()) {
      const message = 'The number is not what JSON readers make of it: they round it.';
      refuse(`${file}:${line}:${column}: ${message}`, message, [part]);
    }
    given[part] = document.value;
    documents.set(part, { file, document });
  }
  const inPart = ({ path, message }: Pick<GateFault, 'path' | 'message'>, label = ''): string => {
    const [part, ...rest] = path;
    const held = documents.get(String(part));
    const place = held?.document.locate(rest);
    return `${held?.file ?? join(folder, String(part ?? ''))}${place === undefined ? '' : `:${place.line}:${place.column}`}: ${label}${message}`;
  };
  const parsed = parseValue(VersionRequestSchema, given);
  const draft: VersionDraft = parsed.ok
    ? draftOf(parsed.data)
    : { policies, schema: null, entities: [], settings: { authorizeEntrypoints: false }, tests: [] };
  if (!parsed.ok) {
    for (const { path, message } of parsed.issues)
      refuse(inPart({ path, message: `${toPointer(path.slice(1))} ${message}` }), message, path);
  }
  const report = await checkDraft(set, draft, { terms, faults: readFaults }, new CedarMemory());
  const show = (fault: GateFault): string => {
    const place = fault.policy === undefined ? undefined : places.get(fault.policy);
    if (place !== undefined) return at(place.file, place.text, place.offset + (fault.offset ?? 0), fault);
    if (fault.path[0] === 'schema' && draft.schema !== null)
      return at(files.parts.get('schema') ?? folder, draft.schema, fault.offset ?? 0, fault);
    return inPart(fault, `[${fault.gate}] `);
  };
  const found = report.faults.filter((fault) => !readFaults.includes(fault)).map(show);
  return {
    draft,
    report,
    faults: [...lines, ...found],
    warnings: report.warnings.map(show),
    files: new Map([...places].map(([id, { file }]) => [id, file])),
    parts: files.parts,
    ignored: files.ignored,
  };
}

function at(file: string, text: string, offset: number, { gate, policy, message }: GateFault): string {
  const { line, column } = placeIn(text, offset);
  return `${file}:${line}:${column}: [${gate}] ${policy === undefined ? '' : `${policy}: `}${message}`;
}
