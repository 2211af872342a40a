/**
 * Where the versions of policy sets are stored, and what an isolate remembers of them.
 * @module
 */
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { VersionPointer } from './kv-keys.ts';
import type { Page } from './open-policies.ts';
import type { StoredPolicies } from './stored-policies.ts';
import { Turns } from './turns.ts';
import type { VersionContent } from './version-schemas.ts';

/** The version that a reference led to. */
export interface ResolvedVersion {
  /** The name of its policy set. */
  readonly name: string;
  /** Its number in that set. */
  readonly version: number;
  readonly digest: string;
  /** What decisions are made by. */
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
}

/** A version that is in memory, except for its pages and its body. */
export interface VersionReader {
  /** What decisions are made by. */
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
  /** Reads the whole content. @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt` */
  content(): Promise<VersionContent>;
}

/** What an isolate remembers of policy sets. */
export class VersionMemory {
  /** What is remembered of decisions by these versions. */
  readonly cedar: CedarMemory;
  /** Versions by digest. */
  readonly versions = new Recent<string, VersionReader & { readonly weight: number }>(
    MEMORY_BOUNDS.versions.weight,
    ({ weight }) => weight,
  );
  /** Pages by digest. */
  readonly pages = new Recent<string, Page>(MEMORY_BOUNDS.pages.weight, ({ weight }) => weight);
  /** Versions by the keys in KV that lead to them. Those of aliases are valid only for a time. */
  readonly pointers = new Recent<string, { readonly pointer: VersionPointer; readonly readAt: number }>(
    MEMORY_BOUNDS.pointers.weight,
    () => 1,
  );
  /** Indexes and pages that are being made from the bodies of versions, by the digest of the body. */
  readonly making = new Map<string, Promise<StoredPolicies>>();
  /** The turns of large versions that are being checked or published. */
  readonly publications = new Turns();

  constructor(cedar: CedarMemory) {
    this.cedar = cedar;
  }
}

/** A KV namespace with versions, and what is remembered of them. */
export interface VersionStore {
  readonly kv: KVNamespace;
  readonly memory: VersionMemory;
}
