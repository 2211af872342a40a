import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { compareText } from '../compiler/pointer.ts';
import { canonicalJson } from './canonical.ts';
import type { VersionDraft } from './model.ts';

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
}

/** What a version holds besides policies. */
export const OTHER_PARTS = ['schema', 'entities', 'settings', 'tests'] as const;
export type OtherPart = (typeof OTHER_PARTS)[number];

/** Edits beyond which two texts count as altogether different: the search for fewer is quadratic. */
const MAX_EDITS = 500;

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
  const patches: string[] = [];
  for (const id of ids) {
    const old = Object.hasOwn(before.policies, id) ? before.policies[id] : undefined;
    const now = Object.hasOwn(after.policies, id) ? after.policies[id] : undefined;
    if (old === now) continue;
    (old === undefined ? added : now === undefined ? removed : changed).push(id);
    patches.push(patch(names.policy(id), old, now));
  }
  const other: OtherPart[] = [];
  for (const part of OTHER_PARTS) {
    if (canonicalJson(before[part]) === canonicalJson(after[part])) continue;
    other.push(part);
    patches.push(
      part === 'schema'
        ? patch(names.part(part), before.schema ?? undefined, after.schema ?? undefined)
        : patch(names.part(part), pretty(before[part]), pretty(after[part])),
    );
  }
  return { policies: { added, removed, changed }, other, unified: patches.join('') };
}

/** The sorted form, so that only what differs shows. */
function pretty(value: unknown): string {
  return JSON.stringify(JSON.parse(canonicalJson(value)), null, 2);
}

function patch(file: string, before: string | undefined, after: string | undefined): string {
  const oldName = before === undefined ? '/dev/null' : `a/${file}`;
  const newName = after === undefined ? '/dev/null' : `b/${file}`;
  const old = withNewline(before);
  const now = withNewline(after);
  const options = { headerOptions: FILE_HEADERS_ONLY };
  const patched = createTwoFilesPatch(oldName, newName, old, now, undefined, undefined, {
    ...options,
    maxEditLength: MAX_EDITS,
  });
  if (patched !== undefined) return patched;
  return (
    createTwoFilesPatch(oldName, '/dev/null', old, '', undefined, undefined, options) +
    createTwoFilesPatch('/dev/null', newName, '', now, undefined, undefined, options)
  );
}

function withNewline(text: string | undefined): string {
  return text === undefined || text === '' || text.endsWith('\n') ? (text ?? '') : `${text}\n`;
}
