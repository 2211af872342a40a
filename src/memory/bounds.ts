/** How much of one sort of thing an isolate remembers. */
export interface Bound {
  /** What is remembered, for how long, and why. */
  readonly holds: string;
  /** How many entries there may be. */
  readonly entries: number;
  /** What all entries may weigh together, in the unit. */
  readonly weight: number;
  readonly unit: 'bytes' | 'characters' | 'words' | 'entries';
}

const MEBIBYTE = 1_048_576;

/**
 * Everything that an isolate remembers between two requests, with its bound. An isolate has 128 MiB and lives for
 * hours, so whatever is not listed here is not remembered. The one object that holds all of it is made in
 * `src/index.ts` (`Isolate`).
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
    holds: 'What aliases, numbers and digests of sets lead to; an alias for ALIAS_CACHE_SECONDS.',
    entries: 1_000,
    weight: 1_000,
    unit: 'entries',
  },
  slices: {
    holds:
      'Policies that apply together. The two slices of a request by the largest version fit beside each other.',
    entries: 4_000,
    weight: 8 * MEBIBYTE,
    unit: 'characters',
  },
  findings: {
    holds: 'What Cedar answered about a slice and what the slice can see of a request.',
    entries: 8_000,
    weight: 4 * MEBIBYTE,
    unit: 'characters',
  },
  preparedPolicies: {
    holds: 'Slices that Cedar has parsed. Its memory never shrinks: a word takes some 80 bytes of it.',
    entries: 256,
    weight: 1_050_000,
    unit: 'words',
  },
  accessDecisions: {
    holds:
      'Decisions about a caller by the same management policies, of questions of at most 2,000 characters.',
    entries: 500,
    weight: 500,
    unit: 'entries',
  },
  possibleCallers: {
    holds: 'Whether a caller could be permitted anything by the same management policies.',
    entries: 500,
    weight: 500,
    unit: 'entries',
  },
  bodies: {
    holds: 'Workloads of bodies of at most 65,536 characters: CD systems send again what has not changed.',
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
    holds: 'Query strings of at most 500 characters, read and checked, for each of two operations.',
    entries: 100,
    weight: 100,
    unit: 'entries',
  },
  reviews: {
    holds: 'Judgements of admission reviews, by the object and the version: controllers ask the same again.',
    entries: 5_000,
    weight: 4 * MEBIBYTE,
    unit: 'bytes',
  },
} as const satisfies Record<string, Bound>;
