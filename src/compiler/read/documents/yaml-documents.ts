import { type Document, isScalar } from 'yaml';
import { LIMITS } from '../../model/limits.ts';
import { locator, packPlaces } from './places.ts';
import { positionsIn } from './positions.ts';
import { readSimpleDocument, type SimpleDocument } from './simple-document.ts';
import { DocumentSkipper, type SkippedDocument, type SkippedKinds } from './skipped-documents.ts';
import type { ParsedText, Position, SourceDocument, SyntaxFault } from './source-document.ts';
import { refused, Unreadable } from './unreadable.ts';
import { Budget } from './yaml-budget.ts';
import { composeBounded } from './yaml-composer.ts';
import { toPlainData } from './yaml-data.ts';
import { type Piece, yamlPieces } from './yaml-pieces.ts';

/**
 * Reads a YAML 1.2 text (core schema) as documents. Documents without content are left out. Repeated keys,
 * `__proto__` keys, unresolved tags, whatever readers of YAML do not agree on, and nesting or alias use beyond
 * {@link LIMITS} are faults.
 *
 * The text is read document by document, so that the memory that is needed follows the largest of them. Documents in a
 * simple style are read in one pass. All others, and whatever has a fault, are read by the general reader.
 *
 * @param skipped Which objects need not be read. Such a document has its apiVersion and its kind, and nothing in it is
 *   checked.
 * @param readSimply Reads documents in a simple style.
 *
 * @example
 * const parsed = parseYamlDocuments('a:\n  b: 1');
 * parsed.ok && parsed.documents[0]?.locate(['a', 'b']); // => { line: 2, column: 6 }
 */
export function parseYamlDocuments(
  text: string,
  skipped: SkippedKinds = () => undefined,
  readSimply: SimpleReader = readSimpleDocument,
): ParsedText {
  // The simple reader does not look for halves of surrogate pairs.
  const simply = text.isWellFormed() ? readSimply : readNothing;
  return parsePieces(text, skipped, simply);
}

/** Reads a piece of a text, or says that the general reader must read it. */
export type SimpleReader = (text: string, piece: Piece) => SimpleDocument | undefined;

/** Leaves every piece to the general reader. */
export function readNothing(): undefined {
  return undefined;
}

function parsePieces(text: string, skipped: SkippedKinds, readSimply: SimpleReader): ParsedText {
  const positionOf = positionsIn(text);
  const budget = new Budget();
  try {
    refuseAmbiguous(text);
    const reading = new YamlReading(text, positionOf, readSimply, budget);
    const skipper = new DocumentSkipper(text, skipped);
    for (const piece of yamlPieces(text)) {
      const skip = skipper.skipped(piece);
      const faults = skip === undefined ? reading.read(piece) : reading.skip(skip);
      if (faults.length > 0) return { ok: false, syntax: 'yaml', faults };
    }
    return { ok: true, syntax: 'yaml', documents: reading.documents };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (budget.mayBeTooHigh) return parsePieces(text, skipped, readNothing);
    return refused('yaml', error, positionOf);
  }
}

/** The documents of a text that were read so far. */
class YamlReading {
  readonly documents: SourceDocument[] = [];
  private readonly text: string;
  private readonly positionOf: (offset: number) => Position;
  private readonly readSimply: SimpleReader;
  private readonly budget: Budget;

  constructor(
    text: string,
    positionOf: (offset: number) => Position,
    readSimply: SimpleReader,
    budget: Budget,
  ) {
    this.text = text;
    this.positionOf = positionOf;
    this.readSimply = readSimply;
    this.budget = budget;
  }

  /** Adds a document that is not read. */
  skip({ apiVersion, kind, root }: SkippedDocument): readonly SyntaxFault[] {
    this.budget.addDocument(root);
    const { positionOf } = this;
    this.documents.push({
      index: this.documents.length,
      value: { apiVersion, kind },
      locate: () => positionOf(root),
      rounded: () => [],
    });
    return [];
  }

  /** Reads the documents of a piece of the text. @returns The faults of the first that has any. */
  read(piece: Piece): readonly SyntaxFault[] {
    const { start, end } = piece;
    try {
      const text = this.text.slice(start, end);
      const lines = this.budget.begin(text);
      const simple = this.readSimply(this.text, piece);
      if (simple !== undefined && this.budget.spendUndivided(simple.nodes, simple.characters, lines)) {
        this.addSimple(simple, start);
        return [];
      }
      for (const document of composeBounded(text, this.budget)) {
        const faults = faultsOf(document, (offset) => this.positionOf(start + offset));
        if (faults.length > 0) return faults;
        this.add(document, start);
      }
      return [];
    } catch (error) {
      if (error instanceof Unreadable) throw new Unreadable(error.message, start + error.offset);
      throw error;
    }
  }

  private addSimple({ value, root, places }: SimpleDocument, start: number): void {
    this.budget.addDocument(root - start);
    this.documents.push({
      index: this.documents.length,
      value,
      locate: locator(() => places, this.positionOf),
      rounded: () => [],
    });
  }

  private add(document: Document.Parsed, start: number): void {
    const { positionOf } = this;
    const { value, offsets, rounded } = toPlainData(document, this.budget);
    if (value === null && isEmpty(document)) return;
    const root = document.contents?.range?.[0] ?? document.range[0];
    this.budget.addDocument(root);
    const places = packPlaces(value, offsets, root, start);
    this.documents.push({
      index: this.documents.length,
      value,
      locate: locator(() => places, positionOf),
      rounded: () => rounded.map((offset) => positionOf(start + offset)),
    });
  }
}

/**
 * Characters on which readers of YAML do not agree: YAML 1.1, which kubectl reads, ends a line at NEL, LS, PS
 * and a lone CR, but YAML 1.2 only at the last of these; some readers skip a byte order mark in the middle of a
 * text. What is a comment to one reader would be a field to another.
 */
const AMBIGUOUS = /\r(?!\n)|(?![\t\n\r])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** A character that may be one of these. Most texts have none, and it is found sooner. */
const UNUSUAL = /[^\n -~]/;

function refuseAmbiguous(text: string): void {
  if (!UNUSUAL.test(text)) return;
  const at = (text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text).search(AMBIGUOUS);
  if (at < 0) return;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw new Unreadable(
    `The character U+${code} is not allowed in YAML here: readers do not agree on it. Escape it in double quotes.`,
    at,
  );
}

/** The errors and warnings of a document. A warning is an unknown tag or directive, whose meaning we could only guess. */
function faultsOf(document: Document.Parsed, positionOf: (offset: number) => Position): SyntaxFault[] {
  return [...document.errors, ...document.warnings].slice(0, LIMITS.faults).map((problem) => ({
    message: `Not YAML: ${problem.message}`,
    position: positionOf(problem.pos[0]),
  }));
}

/** Whether there is nothing but comments between two `---`. */
function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.source === '');
}
