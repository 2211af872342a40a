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
  /** About how many bytes of memory a unit takes. */
  readonly unitBytes: number;
}

const MEBIBYTE = 1_048_576;

/**
 * The bounds of what an isolate remembers between two requests. One object, the `Isolate` that `src/index.ts` makes,
 * holds all of it. What grows with the configuration alone has no bound here: the settings, and the public keys of
 * the configured issuers.
 *
 * Each bound is for the worst case of one kind. Together they stay below the 128 MiB of an isolate
 * ({@link mostRemembered}); no request fills them all.
 */
export const MEMORY_BOUNDS = {
  versions: {
    holds: 'Policy-set versions by digest: their index and entities. A digest never changes its content.',
    entries: Number.POSITIVE_INFINITY,
    weight: 8 * MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
  pages: {
    holds: 'Pages of policies by digest, read when a request needs one of their policies.',
    entries: Number.POSITIVE_INFINITY,
    weight: 20 * MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
  pointers: {
    holds:
      'Which versions the aliases, numbers and digests of policy sets name; an alias for ALIAS_CACHE_SECONDS.',
    entries: 1_000,
    weight: 1_000,
    unit: 'entries',
    unitBytes: 500,
  },
  images: {
    holds: 'What is stored of images by digest, and that nothing is stored, for ALIAS_CACHE_SECONDS.',
    entries: Number.POSITIVE_INFINITY,
    weight: 2 * MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
  slices: {
    holds:
      'Slices: policies that Cedar is asked about together. Those of a request on the largest version fit together.',
    entries: 16_000,
    weight: 6 * MEBIBYTE,
    unit: 'characters',
    unitBytes: 1,
  },
  findings: {
    holds: 'Answers of Cedar, by the slice and the parts of a request that its policies can read.',
    entries: 16_000,
    weight: 6 * MEBIBYTE,
    unit: 'characters',
    unitBytes: 1,
  },
  preparedPolicies: {
    holds: 'Slices that Cedar has parsed. Its memory for them never shrinks.',
    entries: 256,
    weight: 350_000,
    unit: 'words',
    unitBytes: 80,
  },
  credentials: {
    holds:
      'Callers by the hash of their key or token, for a few seconds. Most callers send several requests in a row.',
    entries: 1_000,
    weight: MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
  revokedKeys: {
    holds:
      'Hashes of the API keys that were revoked through this isolate, because KV may take a minute to tell.',
    entries: 1_000,
    weight: 1_000,
    unit: 'entries',
    unitBytes: 200,
  },
  accessDecisions: {
    holds:
      'Decisions about callers, for each version of the management policies; questions of at most 2,000 characters.',
    entries: 500,
    weight: 500,
    unit: 'entries',
    unitBytes: 8_000,
  },
  possibleCallers: {
    holds: 'Whether a caller could be permitted anything, for each version of the management policies.',
    entries: 500,
    weight: 500,
    unit: 'entries',
    unitBytes: 1_000,
  },
  bodies: {
    holds:
      'Workloads of bodies of at most 65,536 characters, because CD systems send unchanged bodies again.',
    entries: Number.POSITIVE_INFINITY,
    weight: 4 * MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
  answers: {
    holds:
      'Answers of /compile of at most 100,000 characters, for each remembered body and its last decisions.',
    entries: 3,
    weight: 3,
    unit: 'entries',
    unitBytes: 11_000_000,
  },
  queries: {
    holds: 'Validated query strings of at most 500 characters, for each of two operations.',
    entries: 100,
    weight: 100,
    unit: 'entries',
    unitBytes: 2_000,
  },
  reviews: {
    holds:
      'Judgements of admission reviews by object and version, because controllers send the same object again.',
    entries: 5_000,
    weight: 4 * MEBIBYTE,
    unit: 'bytes',
    unitBytes: 1,
  },
} as const satisfies Record<string, Bound>;

/** About how many bytes an isolate remembers when each kind has reached its bound. */
export function mostRemembered(): number {
  return Object.values(MEMORY_BOUNDS).reduce((sum, { weight, unitBytes }) => sum + weight * unitBytes, 0);
}
