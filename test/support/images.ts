import { type Compiled, compile } from '../../src/compiler/emit/compile.ts';
import { readWorkloads } from '../../src/compiler/index.ts';
import type { KnownImage } from '../../src/compiler/model/image.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import { toPointer } from '../../src/compiler/model/pointer.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { readImages } from '../../src/compiler/read/images/read-images.ts';
import { checkManifests } from './manifests.ts';

/** What a Dockerfile sets, as the config of an image has it. */
export interface Config {
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly Env?: readonly string[];
  readonly User?: string;
}

/** The PATH of most images. */
export const PATH = '/usr/local/bin:/usr/bin:/bin';

/** Configs of images by their references or digests, as a request gives them. */
export function knownImages(configs: Readonly<Record<string, Config>>): readonly KnownImage[] {
  const value = Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, { config }]));
  const read = readImages([{ value, source: { document: 0, path: [] } }]);
  if (!read.ok) throw new Error(read.faults.map(({ message }) => message).join('; '));
  return read.images;
}

/** Reads one valid workload of which some images are known. */
export function workloadWith(input: unknown, images: readonly KnownImage[]): Workload {
  const document = { index: 0, value: input, locate: () => undefined, rounded: () => [] };
  const read = readWorkloads([document], { images });
  if (!read.ok)
    throw new Error(read.faults.map(({ path, message }) => `${toPointer(path)} ${message}`).join('; '));
  const [workload] = read.workloads;
  if (workload === undefined) throw new Error('no workload');
  return workload;
}

/** Compiles one valid workload of which some images are known; what comes out is checked against the schemas. */
export function compiledWith(
  input: unknown,
  images: readonly KnownImage[],
  options: Partial<CompileOptions> = {},
): Compiled {
  const compiled = compile(workloadWith(input, images), { ...DEFAULT_OPTIONS, ...options });
  checkManifests(compiled.manifests);
  return compiled;
}
