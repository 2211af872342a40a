import type { Fault } from '../compiler/model/faults.ts';
import type { ParsedText } from '../compiler/read/documents/source-document.ts';
import { parseDocuments, parseWorkloadDocuments } from '../compiler/read/documents.ts';
import { type ImageSource, readImages } from '../compiler/read/images/read-images.ts';
import { type CollectedPart, titleOf } from '../http/multipart.ts';
import { Problem } from '../http/problems.ts';
import { BODY_TYPES } from '../http/read-body.ts';
import { visibleText } from '../http/visible-text.ts';
import { type ParsedInput, parsedDocuments } from './parsed-input.ts';

/** Workloads that are a part of a body, and the syntax in which they are written. */
interface ParsedParts extends ParsedInput {
  readonly syntax: 'json' | 'yaml';
}

/**
 * Reads workloads and configs of images that are parts of a body. The documents of the images are counted after those of
 * the workloads.
 *
 * @param parse How the workloads are parsed: by default, objects that cannot hold any are not read.
 * @throws Problem `malformed-body` or `unsupported-media-type`
 */
export function readParts(
  workloads: CollectedPart,
  images: readonly CollectedPart[],
  parse: typeof parseDocuments = parseWorkloadDocuments,
): ParsedParts {
  const { syntax, documents } = parsePart(workloads, parse);
  const placed = images.flatMap((part) =>
    parsePart(part, parseDocuments).documents.map((document) => ({ part, document })),
  );
  const first = documents.length;
  const sources = placed.map(({ part, document: { value } }, index): ImageSource => {
    return { value, source: { document: first + index, path: [] }, name: nameOf(part) };
  });
  const read = readImages(sources);
  // Without the values, which are not needed once the workloads are read.
  const locators = [...documents, ...placed.map(({ document }) => document)].map(({ locate }) => locate);
  const titled = <T extends Pick<Fault, 'document' | 'message'>>(each: T): T => {
    const part = placed[each.document - first]?.part;
    return part === undefined ? each : { ...each, message: `${titleOf(part)}: ${each.message}` };
  };
  return {
    ...parsedDocuments(documents),
    syntax,
    images: read.ok ? read.images : [],
    notices: read.ok ? read.notices.map(titled) : [],
    faults: read.ok ? [] : read.faults.map(titled),
    locate: (document, path) => locators[document]?.(path),
  };
}

/** The image that a part is the config of, if its file name says so; the name of a file says nothing. */
function nameOf({ filename }: CollectedPart): string | undefined {
  return filename === undefined || filename === '-' || /\.(json|ya?ml)$/i.test(filename)
    ? undefined
    : filename;
}

function parsePart(part: CollectedPart, parse: typeof parseDocuments): Extract<ParsedText, { ok: true }> {
  const parsed = parse(part.text, syntaxOf(part));
  if (parsed.ok) return parsed;
  const title = titleOf(part);
  throw new Problem('malformed-body', `${title} cannot be parsed.`, {
    faults: parsed.faults.map(({ message, position }) => ({ message: `${title}: ${message}`, ...position })),
  });
}

/** What clients write when they do not know what a file is. */
const UNKNOWN_TYPES: readonly (string | undefined)[] = [undefined, 'application/octet-stream', 'text/plain'];

/** The syntax that a part says it has, by its media type or else by its file name. */
function syntaxOf(part: CollectedPart): 'json' | 'yaml' | 'sniff' {
  const { type, filename = '' } = part;
  if (type === undefined || UNKNOWN_TYPES.includes(type)) {
    if (/\.json$/i.test(filename)) return 'json';
    return /\.ya?ml$/i.test(filename) ? 'yaml' : 'sniff';
  }
  if (BODY_TYPES.includes(type)) return type === 'application/json' ? 'json' : 'yaml';
  throw new Problem(
    'unsupported-media-type',
    `${titleOf(part)} is of the type ${visibleText(type.slice(0, 100))}. Send JSON or YAML: curl -F '${part.name}=@FILE;type=application/yaml'`,
  );
}
