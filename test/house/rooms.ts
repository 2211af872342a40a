import type { Import } from './imports.ts';

/** A part of the code whose files have one purpose in common. */
export interface Room {
  /** Its folder, or its file. */
  readonly path: string;
  /** The rooms that it may import from, besides itself. Each stands before it in {@link ROOMS}. */
  readonly rooms: readonly string[];
  /** The packages that it may import, without the path inside them; `node:` and `cloudflare:` stand for all such. */
  readonly packages: readonly string[];
}

const MODEL = ['src/failures', 'src/compiler/model'];
const PHASES = [...MODEL, 'src/compiler/read', 'src/compiler/derive', 'src/compiler/emit'];
const COMPILER = [...PHASES, 'src/compiler/index.ts'];
const BELOW_CEDAR = [...MODEL, 'src/memory'];
const BELOW_POLICY_SETS = [...BELOW_CEDAR, 'src/cedar'];
const BELOW_ACCESS = [...BELOW_POLICY_SETS, 'src/policy-sets', 'src/provenance'];
const BELOW_HTTP = [...BELOW_ACCESS, 'src/images', 'src/access', ...COMPILER, 'src/events', 'src/learn'];
const BELOW_JUDGEMENT = [...BELOW_HTTP, 'src/http'];
const BELOW_OUTPUTS = [...BELOW_JUDGEMENT, 'src/judgement'];
const BELOW_API = [...BELOW_OUTPUTS, 'src/outputs'];

/** The folders of `src/api`: one for each resource. They do not import each other. */
const RESOURCES = [
  'admission',
  'attestations',
  'authorize',
  'baseline',
  'explain',
  'images',
  'keys',
  'krm',
  'learn',
  'policy-sets',
  'system',
] as const;
const RESOURCE_PACKAGES = ['zod', 'hono', 'yaml'];

/** Every room of `src`, from the bottom to the top: a room imports only from those before it. */
export const ROOMS: readonly Room[] = [
  { path: 'src/failures', rooms: [], packages: [] },
  { path: 'src/memory', rooms: [], packages: [] },
  { path: 'src/compiler/model', rooms: ['src/failures'], packages: ['zod', 'fastest-levenshtein'] },
  {
    path: 'src/compiler/read',
    rooms: MODEL,
    packages: ['zod', 'fastest-levenshtein', 'jsonc-parser', 'yaml'],
  },
  { path: 'src/compiler/derive', rooms: MODEL, packages: [] },
  {
    path: 'src/compiler/emit',
    rooms: [...MODEL, 'src/compiler/derive'],
    packages: ['zod', 'yaml', '@noble/hashes'],
  },
  { path: 'src/compiler/index.ts', rooms: PHASES, packages: [] },
  { path: 'src/events', rooms: [...MODEL, 'src/compiler/derive', 'src/compiler/emit'], packages: ['fflate'] },
  { path: 'src/provenance', rooms: MODEL, packages: ['zod', 'jose'] },
  {
    path: 'src/cedar',
    rooms: BELOW_CEDAR,
    packages: ['zod', '@cedar-policy/cedar-wasm', '@noble/hashes'],
  },
  {
    path: 'src/learn',
    rooms: [...BELOW_POLICY_SETS, ...COMPILER, 'src/events'],
    packages: ['jsonc-parser', 'yaml'],
  },
  {
    path: 'src/policy-sets',
    rooms: [...BELOW_POLICY_SETS, 'src/compiler/read'],
    packages: ['zod', 'diff', '@cedar-policy/cedar-wasm', 'cloudflare:'],
  },
  { path: 'src/images', rooms: [...BELOW_POLICY_SETS, 'src/policy-sets'], packages: ['zod'] },
  { path: 'src/access', rooms: BELOW_ACCESS, packages: ['zod', 'jose'] },
  {
    path: 'src/http',
    rooms: BELOW_HTTP,
    packages: [
      'zod',
      'hono',
      '@hono/zod-openapi',
      '@asteasolutions/zod-to-openapi',
      'yaml',
      'multipasta',
      'fflate',
      'cloudflare:',
    ],
  },
  { path: 'src/judgement', rooms: BELOW_JUDGEMENT, packages: ['zod', 'hono'] },
  { path: 'src/outputs', rooms: BELOW_OUTPUTS, packages: ['zod', 'hono', 'yaml'] },
  ...RESOURCES.map(
    (name): Room => ({ path: `src/api/${name}`, rooms: BELOW_API, packages: RESOURCE_PACKAGES }),
  ),
  // One of the answers of /compile is an attestation, which the resource of attestations makes.
  { path: 'src/api/compile', rooms: [...BELOW_API, 'src/api/attestations'], packages: RESOURCE_PACKAGES },
  {
    path: 'src/isolate.ts',
    rooms: [...BELOW_API, 'src/api/admission', 'src/api/authorize', 'src/api/compile'],
    packages: [],
  },
  {
    path: 'src/app.ts',
    rooms: [...BELOW_API, ...RESOURCES.map((name) => `src/api/${name}`), 'src/api/compile', 'src/isolate.ts'],
    packages: ['hono'],
  },
  { path: 'src/warm-up.ts', rooms: [...BELOW_API, 'src/isolate.ts'], packages: [] },
  {
    path: 'src/index.ts',
    rooms: ['src/policy-sets', 'src/isolate.ts', 'src/app.ts', 'src/warm-up.ts'],
    packages: [],
  },
  {
    path: 'src/cli',
    rooms: BELOW_JUDGEMENT,
    packages: ['zod', 'fastest-levenshtein', 'wrangler', 'node:'],
  },
];

/** The room that a file is in. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.find((room) => path === room.path || path.startsWith(`${room.path}/`));
}

/** The imports that the table of rooms does not allow, in words. Texts and data may be imported from outside `src`. */
export function forbiddenImports(imports: readonly Import[]): string[] {
  return imports.filter((each) => !isAllowed(each)).map(({ from, to }) => `${from} imports ${to}`);
}

function isAllowed({ from, to, isPackage }: Import): boolean {
  const room = roomOf(from);
  if (room === undefined) return false;
  if (isPackage) return room.packages.some((name) => isOf(to, name));
  const other = roomOf(to);
  if (other === undefined) return !to.endsWith('.ts') && !to.startsWith('test/') && !to.startsWith('bench/');
  return other === room || room.rooms.includes(other.path);
}

function isOf(specifier: string, name: string): boolean {
  return name.endsWith(':')
    ? specifier.startsWith(name)
    : specifier === name || specifier.startsWith(`${name}/`);
}
