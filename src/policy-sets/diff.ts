import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk, structuredPatch } from 'diff';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import { canonicalJson } from './canonical.ts';
import type { VersionDraft } from './version-schemas.ts';

/** What differs between two versions. */
export interface VersionDiff {
  readonly policies: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  /** What else differs. */
  readonly other: readonly OtherPart[];
  /** All of it as a unified diff, with one file per policy; empty when nothing differs. */
  readonly unified: string;
  /** How many files the unified diff leaves out, because it would be too long. */
  readonly omitted: number;
}

/** What a version holds besides policies. */
export const OTHER_PARTS = ['schema', 'entities', 'settings', 'tests'] as const;
/** One of {@link OTHER_PARTS}. */
export type OtherPart = (typeof OTHER_PARTS)[number];

/**
 * Edits beyond which two texts count as altogether different: the search for fewer is quadratic. So all
 * searches of one diff share what they may cost, in squares of edits; a few edits are always looked for.
 */
const MAX_EDITS = 500;
const SEARCH = 20 * MAX_EDITS ** 2;
const MIN_EDITS = 8;

/** What the files of a unified diff are called. */
export interface DiffNames {
  policy(id: string): string;
  part(part: OtherPart): string;
}

/** Where versions come from no folder that is known here. */
const BY_ID: DiffNames = {
  policy: (id) => `policies/${encodeURIComponent(id)}.cedar`,
  part: (part) => (part === 'schema' ? 'schema.cedarschema' : `${part}.json`),
};

/** Compares two versions by what decides; messages, authors and times are not part of it. */
export function diffVersions(before: VersionDraft, after: VersionDraft, names = BY_ID): VersionDiff {
  const ids = [...new Set([...Object.keys(before.policies), ...Object.keys(after.policies)])].sort(
    compareText,
  );
  const added: string[] = [];
  const removed: string[] = [];
  const changed: string[] = [];
  const unified = new UnifiedDiff();
  for (const id of ids) {
    const old = Object.hasOwn(before.policies, id) ? before.policies[id] : undefined;
    const now = Object.hasOwn(after.policies, id) ? after.policies[id] : undefined;
    if (old === now) continue;
    (old === undefined ? added : now === undefined ? removed : changed).push(id);
    unified.add(names.policy(id), old, now);
  }
  const other: OtherPart[] = [];
  for (const part of OTHER_PARTS) {
    if (canonicalJson(before[part]) === canonicalJson(after[part])) continue;
    other.push(part);
    if (part === 'schema')
      unified.add(names.part(part), before.schema ?? undefined, after.schema ?? undefined);
    else unified.add(names.part(part), pretty(before[part]), pretty(after[part]));
  }
  return { policies: { added, removed, changed }, other, unified: unified.text, omitted: unified.omitted };
}

/** The unified diff, with a line at its end that says what is left out: `patch` takes that for a comment. */
export function unifiedText({ unified, omitted }: VersionDiff): string {
  if (omitted === 0) return unified;
  const more = omitted === 1 ? '1 more file differs' : `${omitted} more files differ`;
  return `${unified}# Truncated: ${more}. As JSON the answer names all policies that differ.\n`;
}

/** The sorted form, so that only what differs shows. */
function pretty(value: unknown): string {
  return JSON.stringify(JSON.parse(canonicalJson(value)), null, 2);
}

/** A unified diff that grows file by file, up to a length. */
class UnifiedDiff {
  text = '';
  /** How many files there was no room for. */
  omitted = 0;
  #search = SEARCH;

  add(file: string, before: string | undefined, after: string | undefined): void {
    const old = withNewline(before);
    const now = withNewline(after);
    // What cannot fit even if all of it were the same is not worth a search.
    const patch =
      this.text.length + Math.abs(old.length - now.length) > LIMITS.diffLength
        ? undefined
        : formatPatch(
            {
              oldFileName: before === undefined ? '/dev/null' : `a/${file}`,
              newFileName: after === undefined ? '/dev/null' : `b/${file}`,
              oldHeader: undefined,
              newHeader: undefined,
              hunks: this.#hunks(old, now),
            },
            FILE_HEADERS_ONLY,
          );
    if (patch === undefined || this.text.length + patch.length > LIMITS.diffLength) this.omitted += 1;
    else this.text += patch;
  }

  #hunks(old: string, now: string): StructuredPatchHunk[] {
    if (old !== '' && now !== '') {
      const maxEditLength = Math.max(
        MIN_EDITS,
        Math.floor(Math.min(MAX_EDITS, Math.sqrt(Math.max(0, this.#search)))),
      );
      const found = structuredPatch('', '', old, now, undefined, undefined, { maxEditLength });
      const edits = found?.hunks.reduce((sum, { lines }) => sum + lines.filter(isEdit).length, 0);
      this.#search -= (edits ?? maxEditLength) ** 2;
      if (found !== undefined) return found.hunks;
    }
    const [removed, added] = [linesOf(old), linesOf(now)];
    return [
      {
        oldStart: 1,
        oldLines: removed.length,
        newStart: 1,
        newLines: added.length,
        lines: [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)],
      },
    ];
  }
}

function isEdit(line: string): boolean {
  return line.startsWith('+') || line.startsWith('-');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

function withNewline(text: string | undefined): string {
  return text === undefined || text === '' || text.endsWith('\n') ? (text ?? '') : `${text}\n`;
}
