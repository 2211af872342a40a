/** How much of one kind of thing an isolate remembers. */
export interface Bound {
  /** What is remembered, with its lifetime or reason where that is not obvious. */
  readonly holds: string;
  /** The most entries that are kept. */
  readonly entries: number;
  /** The most that all entries may weigh together, in `unit`. */
  readonly weight: number;
  /** What the weight of an entry counts; words are those of Cedar text. */
  readonly unit: 'bytes' | 'characters' | 'words' | 'entries';
}

const MEBIBYTE = 1_048_576;

/**
 * The bounds of what an isolate remembers between two requests. One object, the `Isolate` that `src/index.ts` makes,
 * holds all of it. What grows with the configuration alone has no bound here: the settings, and the public keys of
 * the configured issuers.
 *
 * Each bound is for the worst case of one kind. Together they come to about 167 MiB, which is more than the 128 MiB of
 * an isolate; an isolate that uses them all up is ended by Cloudflare, and the next one starts with nothing.
 */
export const MEMORY_BOUNDS = {
  versions: {
    holds: 'Policy-set versions by digest: their index and entities. A digest never changes its content.',
    entries: Number.POSITIVE_INFINITY,
    weight: 8 * MEBIBYTE,
    unit: 'bytes',
  },
  pages: {
    holds: 'Pages of policies by digest, read when a request needs one of their policies.',
    entries: Number.POSITIVE_INFINITY,
    weight: 24 * MEBIBYTE,
    unit: 'bytes',
  },
  pointers: {
    holds:
      'Which versions the aliases, numbers and digests of policy sets name; an alias for ALIAS_CACHE_SECONDS.',
    entries: 1_000,
    weight: 1_000,
    unit: 'entries',
  },
  images: {
    holds: 'What is stored of images by digest, and that nothing is stored, for ALIAS_CACHE_SECONDS.',
    entries: Number.POSITIVE_INFINITY,
    weight: 2 * MEBIBYTE,
    unit: 'bytes',
  },
  slices: {
    holds:
      'Slices: policies that apply together. Both slices of a request on the largest version fit at the same time.',
    entries: 4_000,
    weight: 8 * MEBIBYTE,
    unit: 'characters',
  },
  findings: {
    holds: 'Answers of Cedar, by the slice and the parts of a request that its policies can read.',
    entries: 8_000,
    weight: 4 * MEBIBYTE,
    unit: 'characters',
  },
  preparedPolicies: {
    holds: 'Slices that Cedar has parsed. A word takes some 80 bytes of its memory, which never shrinks.',
    entries: 256,
    weight: 1_050_000,
    unit: 'words',
  },
  credentials: {
    holds:
      'Callers by the hash of their key or token, for a few seconds. Most callers send several requests in a row.',
    entries: 1_000,
    weight: MEBIBYTE,
    unit: 'bytes',
  },
  revokedKeys: {
    holds:
      'Hashes of the API keys that were revoked through this isolate, because KV may take a minute to tell.',
    entries: 1_000,
    weight: 1_000,
    unit: 'entries',
  },
  accessDecisions: {
    holds:
      'Decisions about callers, for each version of the management policies; questions of at most 2,000 characters.',
    entries: 500,
    weight: 500,
    unit: 'entries',
  },
  possibleCallers: {
    holds: 'Whether a caller could be permitted anything, for each version of the management policies.',
    entries: 500,
    weight: 500,
    unit: 'entries',
  },
  bodies: {
    holds:
      'Workloads of bodies of at most 65,536 characters, because CD systems send unchanged bodies again.',
    entries: Number.POSITIVE_INFINITY,
    weight: 4 * MEBIBYTE,
    unit: 'bytes',
  },
  answers: {
    holds:
      'Answers of /compile of at most 100,000 characters, for each remembered body and its last decisions.',
    entries: 3,
    weight: 3,
    unit: 'entries',
  },
  queries: {
    holds: 'Validated query strings of at most 500 characters, for each of two operations.',
    entries: 100,
    weight: 100,
    unit: 'entries',
  },
  reviews: {
    holds:
      'Judgements of admission reviews by object and version, because controllers send the same object again.',
    entries: 5_000,
    weight: 4 * MEBIBYTE,
    unit: 'bytes',
  },
} as const satisfies Record<string, Bound>;
