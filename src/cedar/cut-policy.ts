/**
 * Cuts the text of a policy into its head, whose few usual forms are read here, and its clauses, which Cedar reads.
 * @module
 */
import type { PolicyJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { endOfLine, endOfString } from './policy-extent.ts';

/** A policy that was cut apart. */
export interface CutPolicy {
  /** The policy in JSON, without its conditions. */
  readonly head: Omit<PolicyJson, 'conditions'>;
  /** The text of its clauses. */
  readonly clauses: string;
  /** How many clauses it has. */
  readonly count: number;
}

/** White space, and comments each with the end of its line. */
const SPACE = String.raw`(?:[ \t\r\n]|//[^\r\n]*[\r\n])*`;
/** White space where words would run together without it. */
const GAP = String.raw`[ \t\r\n]+`;
/** White space, or none. */
const OR_NONE = String.raw`[ \t\r\n]*`;
/** A string without an escape, of printable ASCII: it means the same everywhere. */
const STRING = String.raw`"[ !#-\[\]-~]*"`;
const NAME = String.raw`[A-Za-z_]\w*`;
const TYPE = `${NAME}(?:::${NAME})*`;
const UID = `${TYPE}::${STRING}`;
const ANNOTATION = `@${NAME}${OR_NONE}\\(${OR_NONE}${STRING}${OR_NONE}\\)`;
const EQUALS = `${OR_NONE}==${OR_NONE}`;

function scope(variable: 'principal' | 'resource'): string {
  const is = `${GAP}is${GAP}(?<${variable}Type>${TYPE})(?:${GAP}in${GAP}(?<${variable}TypeIn>${UID}))?`;
  return `${variable}(?:${EQUALS}(?<${variable}Is>${UID})|${GAP}in${GAP}(?<${variable}In>${UID})|${is})?`;
}

const ACTION_LIST = `\\[${OR_NONE}(?<actionList>${UID}(?:${OR_NONE},${OR_NONE}${UID})*)${OR_NONE}\\]`;
const ACTION = `action(?:${EQUALS}(?<actionIs>${UID})|${GAP}in${GAP}(?:(?<actionIn>${UID})|${ACTION_LIST}))?`;

/** The head of a policy, with the comments above it. Comments inside of it could look like parts of it. */
const HEAD = new RegExp(
  [
    `^${SPACE}(?<annotations>(?:${ANNOTATION}${OR_NONE})*)(?<effect>permit|forbid)`,
    `\\(`,
    scope('principal'),
    `,`,
    ACTION,
    `,`,
    scope('resource'),
    `\\)`,
  ].join(OR_NONE),
);

const EACH_ANNOTATION = new RegExp(`@(${NAME})${OR_NONE}\\(${OR_NONE}(${STRING})`, 'g');
const EACH_UID = new RegExp(UID, 'g');

/** Words that are no names of types, or not in every place. */
const RESERVED: ReadonlySet<string> = new Set(
  'true false if then else in is like has permit forbid when unless principal action resource context'.split(
    ' ',
  ),
);

/** How many characters a policy has at most that is cut apart, because patterns may go over a text more than once. */
const LONGEST = 20_000;

/**
 * Cuts a policy apart; undefined when it is written in another way than policies usually are, or is faulty. If its
 * clauses are right, so is the whole policy.
 */
export function cutPolicy(text: string): CutPolicy | undefined {
  const found = text.length > LONGEST ? null : HEAD.exec(text);
  if (found?.groups === undefined) return undefined;
  const head = headOf(found.groups);
  const clauses = clausesFrom(text, found[0].length);
  return head === undefined || clauses === undefined ? undefined : { head, ...clauses };
}

/** The groups of a pattern that was found. */
type Groups = Readonly<Record<string, string | undefined>>;

function headOf(groups: Groups): CutPolicy['head'] | undefined {
  const annotations = annotationsIn(groups.annotations ?? '');
  const principal = scopeIn(groups, 'principal');
  const action = actionIn(groups);
  const resource = scopeIn(groups, 'resource');
  if (annotations === undefined || principal === undefined || action === undefined || resource === undefined)
    return undefined;
  const effect = groups.effect === 'permit' ? 'permit' : 'forbid';
  const head = { effect, principal, action, resource } as const;
  return Object.keys(annotations).length === 0 ? head : { ...head, annotations };
}

/** The annotations, sorted by name as Cedar sorts them; undefined when one occurs twice. */
function annotationsIn(text: string): Record<string, string> | undefined {
  const found = [...text.matchAll(EACH_ANNOTATION)].map(
    ([, name = '', value = '']) => [name, value.slice(1, -1)] as const,
  );
  const names = new Set(found.map(([name]) => name));
  if (names.size < found.length || names.has('__proto__')) return undefined;
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A scope of the principal or the resource; undefined when it names a type as no type may be named. */
function scopeIn(groups: Groups, variable: 'principal' | 'resource'): PolicyJson['principal'] | undefined {
  const equal = groups[`${variable}Is`];
  const within = groups[`${variable}In`];
  const type = groups[`${variable}Type`];
  const typeWithin = groups[`${variable}TypeIn`];
  if (type !== undefined) {
    if (!isType(type)) return undefined;
    if (typeWithin === undefined) return { op: 'is', entity_type: type };
    const entity = uidIn(typeWithin);
    return entity && { op: 'is', entity_type: type, in: { entity } };
  }
  const uid = equal ?? within;
  if (uid === undefined) return { op: 'All' };
  const entity = uidIn(uid);
  return entity && (equal === undefined ? { op: 'in', entity } : { op: '==', entity });
}

function actionIn({ actionIs, actionIn: within, actionList }: Groups): PolicyJson['action'] | undefined {
  if (actionList !== undefined) {
    const uids = actionList.match(EACH_UID) ?? [];
    const entities = uids.map(actionUid).filter((uid) => uid !== undefined);
    return entities.length === uids.length ? { op: 'in', entities } : undefined;
  }
  const uid = actionIs ?? within;
  if (uid === undefined) return { op: 'All' };
  const entity = actionUid(uid);
  return entity && (actionIs === undefined ? { op: 'in', entity } : { op: '==', entity });
}

/** The UID of an action, whose type must be called `Action`. */
function actionUid(text: string): TypeAndId | undefined {
  const uid = uidIn(text);
  return uid !== undefined && /(?:^|::)Action$/.test(uid.type) ? uid : undefined;
}

function uidIn(text: string): TypeAndId | undefined {
  const quote = text.indexOf('"');
  const type = text.slice(0, quote - '::'.length);
  return isType(type) ? { type, id: text.slice(quote + 1, -1) } : undefined;
}

function isType(path: string): boolean {
  return path.split('::').every((name) => !RESERVED.has(name) && !name.startsWith('__'));
}

/** The clauses behind the head of a policy; undefined when anything else is there. */
function clausesFrom(text: string, from: number): Pick<CutPolicy, 'clauses' | 'count'> | undefined {
  let count = 0;
  let end = from;
  for (;;) {
    const at = skipSpace(text, end);
    if (text[at] === ';') {
      // Nothing may follow the policy.
      if (skipSpace(text, at + 1) < text.length) return undefined;
      return { clauses: text.slice(from, end), count };
    }
    const word = text.startsWith('when', at) ? 'when' : text.startsWith('unless', at) ? 'unless' : undefined;
    if (word === undefined) return undefined;
    const brace = skipSpace(text, at + word.length);
    const closed = text[brace] === '{' ? endOfBraces(text, brace) : undefined;
    if (closed === undefined) return undefined;
    end = closed;
    count += 1;
  }
}

/** The place behind the brace that closes the one that is here; undefined when none does. */
function endOfBraces(text: string, from: number): number | undefined {
  let open = 0;
  for (let at = from; at < text.length; ) {
    const character = text[at];
    at += 1;
    if (character === '"') at = endOfString(text, at);
    else if (character === '/' && text[at] === '/') at = endOfLine(text, at);
    else if (character === '{') open += 1;
    else if (character === '}') {
      open -= 1;
      if (open === 0) return at;
    }
  }
  return undefined;
}

/** The first place that is neither white space nor in a comment. */
function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
    if (!text.startsWith('//', at)) return at;
    at = endOfLine(text, at);
  }
}
