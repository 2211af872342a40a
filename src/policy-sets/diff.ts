/**
 * The differences between two versions of a policy set, as lists and as a unified diff.
 * @module
 */
import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk, structuredPatch } from 'diff';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import { canonicalJson } from './canonical.ts';
import type { VersionDraft } from './version-schemas.ts';

/** The differences between two versions. */
export interface VersionDiff {
  /** The ids of the policies that differ. */
  readonly policies: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  /** The other parts that differ. */
  readonly other: readonly OtherPart[];
  /** A unified diff with one file for each policy and part; empty when nothing differs. */
  readonly unified: string;
  /** How many files the unified diff leaves out, because it would be too long. */
  readonly omitted: number;
}

/** The parts of a version besides its policies. */
export const OTHER_PARTS = ['schema', 'entities', 'settings', 'tests'] as const;
/** One of {@link OTHER_PARTS}. */
export type OtherPart = (typeof OTHER_PARTS)[number];

/** How many edited lines two texts may have before they count as altogether different: the search is quadratic. */
const MAX_EDITS = 500;

/** What all searches of one diff may cost together, in squares of edited lines. */
const SEARCH = 20 * MAX_EDITS ** 2;

/** How many edited lines each search may find, even when the searches before it have used up the cost. */
const MIN_EDITS = 8;

/** Names the files of a unified diff. */
export interface DiffNames {
  policy(id: string): string;
  part(part: OtherPart): string;
}

/** The names where no folder is known that the versions come from. */
const BY_ID: DiffNames = {
  policy: (id) => `policies/${encodeURIComponent(id)}.cedar`,
  part: (part) => (part === 'schema' ? 'schema.cedarschema' : `${part}.json`),
};

/** Compares the drafts of two versions. Messages, authors and times are not compared. */
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

/** The unified diff with a last line that says how many files it leaves out. `patch` ignores that line. */
export function unifiedText({ unified, omitted }: VersionDiff): string {
  if (omitted === 0) return unified;
  const more = omitted === 1 ? '1 more file differs' : `${omitted} more files differ`;
  return `${unified}# Truncated: ${more}. As JSON the answer names all policies that differ.\n`;
}

/** Indented JSON with sorted keys, so that a diff shows only real differences. */
function pretty(value: unknown): string {
  return JSON.stringify(JSON.parse(canonicalJson(value)), null, 2);
}

/** A unified diff that grows file by file, up to a length. */
class UnifiedDiff {
  text = '';
  /** How many files are left out for lack of room. */
  omitted = 0;
  #search = SEARCH;

  add(file: string, before: string | undefined, after: string | undefined): void {
    const old = withNewline(before);
    const now = withNewline(after);
    // If the difference in length alone does not fit, no search is needed.
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

  /** The hunks of one file: a minimal diff where the search may find one, and the two whole texts otherwise. */
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
