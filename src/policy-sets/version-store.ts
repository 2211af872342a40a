import type { CedarMemory } from '../cedar/cedar-memory.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { VersionPointer } from './kv-keys.ts';
import type { Page, StoredPolicies } from './stored-policies.ts';
import type { VersionContent } from './version-schemas.ts';

/** A version as requests use it. */
export interface ResolvedVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
}

/** A version, as far as it is in memory. */
export interface VersionReader {
  readonly basis: PolicyBasis;
  readonly settings: VersionContent['settings'];
  /** All that it holds, read anew. @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt` */
  content(): Promise<VersionContent>;
}

/** What an isolate remembers of policy sets. */
export class VersionMemory {
  readonly cedar: CedarMemory;
  /** Versions and pages by digest. */
  readonly versions = new Recent<string, VersionReader & { readonly weight: number }>(
    MEMORY_BOUNDS.versions.weight,
    ({ weight }) => weight,
  );
  readonly pages = new Recent<string, Page>(MEMORY_BOUNDS.pages.weight, ({ weight }) => weight);
  /** What keys of KV lead to: for good where the key is a number or a digest, else for a time. */
  readonly pointers = new Recent<string, { readonly pointer: VersionPointer; readonly readAt: number }>(
    MEMORY_BOUNDS.pointers.weight,
    () => 1,
  );
  /** What is being made from the bodies of versions, by digest. */
  readonly making = new Map<string, Promise<StoredPolicies>>();

  constructor(cedar: CedarMemory) {
    this.cedar = cedar;
  }
}

/** Where versions are, and what is remembered of them. */
export interface VersionStore {
  readonly kv: KVNamespace;
  readonly memory: VersionMemory;
}
