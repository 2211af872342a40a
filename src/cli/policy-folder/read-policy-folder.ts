import { join } from 'node:path';
import { CedarMemory } from '../../cedar/cedar-memory.ts';
import { parseValue } from '../../compiler/model/parse.ts';
import { toPointer } from '../../compiler/model/pointer.ts';
import type { GateFault } from '../../policy-sets/gate-fault.ts';
import { checkDraft, type GateReport } from '../../policy-sets/gates.ts';
import { draftOf, type VersionDraft, VersionRequestSchema } from '../../policy-sets/version-schemas.ts';
import { findPolicyFiles, type Part } from './find-policy-files.ts';
import { type FolderFault, lineAt, readingFault } from './folder-fault.ts';
import { type CedarFiles, readCedarFiles } from './read-cedar-files.ts';
import { readParts, type VersionParts } from './read-parts.ts';

/** A policy folder that was read and put through the gates of a publication. Paths begin with that of the folder. */
export interface PolicyFolder {
  /** The version that the folder would be published as. */
  readonly draft: VersionDraft;
  readonly report: GateReport;
  /** Everything that is wrong with the folder, as `<file>:<line>:<column>: <what>`. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** The file of each policy, by its id. */
  readonly files: ReadonlyMap<string, string>;
  /** The files of each other part. Only the tests may be in several. */
  readonly parts: ReadonlyMap<string, readonly string[]>;
  /** The files and folders that `.policyignore` leaves out. */
  readonly ignored: readonly string[];
}

/**
 * Reads a policy folder: the `*.cedar` files below it and, where they exist, `schema.cedarschema`, `entities.json`,
 * `settings.json`, `tests.yaml` and `*.tests.yaml`, all but the first as JSON or YAML.
 *
 * @param set The policy set that the folder is for: the set `management` has a schema of its own.
 * @throws Error when the folder cannot be read, with a message for the user.
 */
export async function readPolicyFolder(folder: string, set: string): Promise<PolicyFolder> {
  const files = findPolicyFiles(folder);
  const cedar = readCedarFiles(files.policies);
  const parts = readParts(files.parts);
  const writer = new FaultWriter(folder, files.parts, cedar, parts);
  const { draft, faults: wrong } = draftFrom(cedar, parts, writer);
  const read: readonly FolderFault[] = [
    ...files.faults.map((fault) => readingFault(fault, fault, ['policies'])),
    ...cedar.faults,
    ...parts.faults,
    ...wrong,
  ];
  const known = read.map(({ fault }) => fault);
  const report = await checkDraft(set, draft, { terms: cedar.terms, faults: known }, new CedarMemory());
  const found = report.faults.filter((fault) => !known.includes(fault));
  return {
    draft,
    report,
    faults: [...read.map(({ line }) => line), ...found.map((fault) => writer.lineOf(fault, draft))],
    warnings: report.warnings.map((warning) => writer.lineOf(warning, draft)),
    files: new Map([...cedar.places].map(([id, { file }]) => [id, file])),
    parts: files.parts,
    ignored: files.ignored,
  };
}

/** The draft that policies and parts make. When a part is not as its schema demands, a draft of the policies alone. */
function draftFrom(
  { policies }: CedarFiles,
  { values }: VersionParts,
  writer: FaultWriter,
): { readonly draft: VersionDraft; readonly faults: readonly FolderFault[] } {
  const parsed = parseValue(VersionRequestSchema, { policies, ...values });
  if (parsed.ok) return { draft: draftOf(parsed.data), faults: [] };
  return {
    draft: { policies, schema: null, entities: [], settings: { authorizeEntrypoints: false }, tests: [] },
    faults: parsed.issues.map(({ path, message }) => {
      const said = `${toPointer(path.slice(1))} ${message}`;
      return readingFault(writer.lineInPart({ path, message: said }), message, path);
    }),
  };
}

/** Writes lines about faults, with the file and the place that each is about. */
class FaultWriter {
  readonly #folder: string;
  readonly #files: ReadonlyMap<Part, readonly string[]>;
  readonly #cedar: CedarFiles;
  readonly #parts: VersionParts;

  constructor(
    folder: string,
    files: ReadonlyMap<Part, readonly string[]>,
    cedar: CedarFiles,
    parts: VersionParts,
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#cedar = cedar;
    this.#parts = parts;
  }

  /** The line about a fault that the gates found in a draft of this folder. */
  lineOf(fault: GateFault, { schema }: VersionDraft): string {
    const place = fault.policy === undefined ? undefined : this.#cedar.places.get(fault.policy);
    if (place !== undefined) return lineAt(place.file, place.text, place.offset + (fault.offset ?? 0), fault);
    if (fault.path[0] === 'schema' && schema !== null)
      return lineAt(this.#files.get('schema')?.[0] ?? this.#folder, schema, fault.offset ?? 0, fault);
    return this.lineInPart(fault, `[${fault.gate}] `);
  }

  /** The line about a fault of a part that is JSON or YAML. */
  lineInPart({ path, message }: Pick<GateFault, 'path' | 'message'>, label = ''): string {
    const found = this.#parts.placeOf(path);
    const file = found?.file ?? join(this.#folder, String(path[0] ?? ''));
    const position = found?.position;
    const place = position === undefined ? '' : `:${position.line}:${position.column}`;
    return `${file}${place}: ${label}${message}`;
  }
}
