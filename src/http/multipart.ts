import type { PartInfo } from 'multipasta';
import { bodyPieces } from './gzip-body.ts';
import { joined, type PartEvent, PartSplitter } from './part-splitter.ts';
import { invalidRequest, Problem } from './problems.ts';
import { visibleText } from './visible-text.ts';

/** What a part of a `multipart/form-data` body says about itself. */
export interface Part {
  readonly name: string;
  /** Undefined when it is a plain field. */
  readonly filename: string | undefined;
  /** Its media type in lower case, without parameters. Undefined when it does not say. */
  readonly type: string | undefined;
  /** Its place among the parts of the body, from 0. */
  readonly ordinal: number;
}

/** A part that was read as a whole. */
export interface CollectedPart extends Part {
  readonly text: string;
  /** The part as it was sent. */
  readonly bytes: Uint8Array;
}

/** What takes the bytes of one part as they arrive. The next bytes are read when what it returns is fulfilled. */
export interface PartSink {
  write(bytes: Uint8Array): void | Promise<void>;
  /** The part has ended. */
  end(): void | Promise<void>;
}

/** What becomes of the parts of one name. */
export type PartRule = { readonly most: number } & (
  | { readonly limit: number; readonly inAll: number }
  | { readonly open: (part: Part, before: readonly CollectedPart[]) => PartSink }
);

/**
 * Parts of this name are texts in UTF-8, which are collected.
 *
 * @param limit The bytes that one of them may have.
 * @param most How many of them there may be.
 * @param inAll The bytes that all of them may have together.
 */
export function collect(limit: number, most = 1, inAll = limit * most): PartRule {
  return { limit, most, inAll };
}

/**
 * Parts of this name are handed on as they arrive, and nothing of them is kept.
 *
 * @param open Gets each part when it begins, with the parts that were collected before it.
 * @param most How many of them there may be.
 */
export function stream(open: (part: Part, before: readonly CollectedPart[]) => PartSink, most = 1): PartRule {
  return { open, most };
}

/** Whether a request says that its body is `multipart/form-data`. */
export function isMultipart(request: Request): boolean {
  return /^\s*multipart\/form-data\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
}

/**
 * Reads a `multipart/form-data` body, part by part in the order of the body. It reads no further than it has handed
 * on, so it holds one piece of the body and the collected parts.
 *
 * @param rules What becomes of each part, by its name. A part of another name is refused.
 * @param limit The bytes that the body may have.
 * @returns The collected parts, in the order of the body.
 * @throws Problem `unsupported-media-type`, `body-too-large`, `malformed-body` or `invalid-request`, and whatever a
 * sink throws.
 */
export async function readMultipart(
  request: Request,
  rules: Readonly<Record<string, PartRule>>,
  limit: number,
): Promise<readonly CollectedPart[]> {
  const splitter = new PartSplitter(boundaryOf(request.headers));
  const receiver = new PartReceiver(rules);
  for await (const bytes of piecesOf(request, limit)) await receiver.take(splitter.write(bytes));
  await receiver.take(splitter.end());
  return receiver.collected;
}

/** The longest piece of a body that is split at once. */
const PIECE = 65_536;

async function* piecesOf(request: Request, limit: number): AsyncGenerator<Uint8Array> {
  const tooLarge = (): Problem =>
    new Problem('body-too-large', `The body has more than ${limit} bytes (${limit / 1_048_576} MiB).`);
  for await (const chunk of bodyPieces(request, limit, tooLarge))
    for (let start = 0; start < chunk.byteLength; start += PIECE) yield chunk.subarray(start, start + PIECE);
}

/** The characters and the length of a boundary (RFC 2046, section 5.1.1). */
const BOUNDARY = /;\s*boundary=(?:"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])"|([\w'+.-]{1,70}))\s*(?:;|$)/i;

function boundaryOf(headers: Headers): string {
  const [, quoted, plain] = BOUNDARY.exec(headers.get('content-type') ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw new Problem(
    'malformed-body',
    'The content type has no boundary, or one that is not allowed. Have the client write the header: curl -F and FormData do it when you do not set it yourself.',
  );
}

/** Hands each part to what its rule says. */
class PartReceiver {
  readonly collected: CollectedPart[] = [];
  readonly #rules: Readonly<Record<string, PartRule>>;
  readonly #counts = new Map<string, number>();
  /** The bytes of the collected parts of each name. */
  readonly #lengths = new Map<string, number>();
  #ordinal = 0;
  #sink: PartSink | undefined;

  constructor(rules: Readonly<Record<string, PartRule>>) {
    this.#rules = rules;
  }

  async take(events: readonly PartEvent[]): Promise<void> {
    for (const event of events) {
      if (event.kind === 'start') this.#sink = this.#open(event.info);
      else if (event.kind === 'bytes') await this.#sink?.write(event.bytes);
      else await this.#sink?.end();
    }
  }

  #open(info: PartInfo): PartSink {
    const part = partOf(info, this.#ordinal);
    this.#ordinal += 1;
    const rule = Object.hasOwn(this.#rules, part.name) ? this.#rules[part.name] : undefined;
    if (rule === undefined) throw unknownPart(part, Object.keys(this.#rules));
    const count = (this.#counts.get(part.name) ?? 0) + 1;
    if (count > rule.most) throw partProblem(part, `is there more than ${timesOf(rule.most)}.`);
    this.#counts.set(part.name, count);
    if ('open' in rule) return rule.open(part, [...this.collected]);
    const left = rule.inAll - (this.#lengths.get(part.name) ?? 0);
    return collector(part, info, { limit: rule.limit, left }, (collected) => {
      this.#lengths.set(part.name, rule.inAll - left + collected.bytes.length);
      this.collected.push(collected);
    });
  }
}

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function partOf(info: PartInfo, ordinal: number): Part {
  const { name, filename, contentType, headers } = info;
  const encoding = headers['content-transfer-encoding'];
  const part = {
    name,
    filename,
    type: headers['content-type'] === undefined ? undefined : contentType,
    ordinal,
  };
  if (info.contentDisposition !== 'form-data' || name === '')
    throw new Problem(
      'malformed-body',
      `Part ${ordinal + 1} of the body has no name that can be read. Each needs a header such as content-disposition: form-data; name="workloads". If its file name has letters other than Latin ones, give it another: curl -F 'workloads=@FILE;filename=workloads.yaml'.`,
    );
  if (encoding !== undefined && !/^(7bit|8bit|binary)$/i.test(String(encoding).trim()))
    throw new Problem('unsupported-media-type', `${titleOf(part)} is encoded: send it as it is.`);
  return part;
}

/** A sink that collects a text. `left` is what the parts of its name may have before they are too long together. */
function collector(
  part: Part,
  info: PartInfo,
  { limit, left }: { readonly limit: number; readonly left: number },
  done: (collected: CollectedPart) => void,
): PartSink {
  const charset = info.contentTypeParameters.charset?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new Problem('unsupported-media-type', `${titleOf(part)} is not in UTF-8: send it so.`);
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    write(bytes) {
      length += bytes.length;
      if (length > limit)
        throw new Problem('body-too-large', `${titleOf(part)} has more than ${limit} bytes.`);
      if (length > left)
        throw new Problem(
          'body-too-large',
          `${titleOf(part)} is too much: the parts of its name have more bytes together than are taken.`,
        );
      // A copy, so that a short part does not keep the whole piece of the body that it came in.
      pieces.push(bytes.slice());
    },
    end() {
      const bytes = joined(pieces);
      done({ ...part, bytes, text: decode(part, bytes) });
    },
  };
}

function decode(part: Part, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Problem('malformed-body', `${titleOf(part)} is not valid UTF-8.`);
  }
}

/** How messages call a part, such as `Part 2 of the body ("images")`. */
export function titleOf({ name, ordinal }: Part): string {
  return `Part ${ordinal + 1} of the body ("${visibleText(name.slice(0, 100))}")`;
}

/** The problem `invalid-request` of a part. */
function partProblem(part: Part, message: string): Problem {
  return invalidRequest([{ message: `${titleOf(part)} ${message}` }]);
}

function unknownPart(part: Part, names: readonly string[]): Problem {
  return partProblem(part, `is none that is read here. The parts of this body are: ${names.join(', ')}.`);
}
