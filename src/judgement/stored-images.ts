/**
 * Gives the containers of a body what is stored of their images, where the request does not tell it.
 * @module
 */
import type { Context } from 'hono';
import type { Fault } from '../compiler/model/faults.ts';
import { parseImageReference } from '../compiler/model/image-reference.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { Container, Workload } from '../compiler/model/workload.ts';
import { isSame } from '../compiler/read/images/image-index.ts';
import type { Environment } from '../http/environment.ts';
import { settingsOf } from '../http/settings-of.ts';
import { factsOf, type StoredImage } from '../images/stored-image.ts';
import { canonicalJson } from '../policy-sets/canonical.ts';
import type { BodyMemory } from './body-memory.ts';
import { faultyBodyProblem } from './read-workload-body.ts';
import type { WorkloadBody } from './workload-body.ts';

/** Stored images by their digests. */
export type StoredImages = ReadonlyMap<string, StoredImage>;

/**
 * Reads what is stored of some images. Failing to read it must end the request: without it an allowlist could be missing
 * that was there before.
 *
 * @throws ImageStorageError
 */
export function readStored(context: Context<Environment>, digests: readonly string[]): Promise<StoredImages> {
  const { aliasSeconds } = settingsOf(context);
  return context.get('isolate').images.read(context.env.POLICY_SETS, digests, aliasSeconds);
}

/**
 * The body with what is stored of the images of its containers; the same body where nothing is.
 *
 * @param memory Remembers the result for a body that is remembered.
 * @throws Problem `invalid-request` when the request tells something else of an image; ImageStorageError
 */
export async function withStoredImages(
  context: Context<Environment>,
  body: WorkloadBody,
  memory?: BodyMemory,
): Promise<WorkloadBody> {
  const digests = wantedDigests(body);
  if (digests.length === 0) return body;
  const stored = await readStored(context, digests);
  const add = (): WorkloadBody => addStoredImages(body, stored);
  return memory === undefined || stored.size === 0
    ? add()
    : memory.addOnce(body, canonicalJson([...stored]), add);
}

/**
 * The digests of images whose stored facts matter to a body.
 *
 * @throws Problem `invalid-request` when there are too many.
 */
export function wantedDigests(body: WorkloadBody): readonly string[] {
  const digests = new Set<string>();
  const faults: Fault[] = [];
  for (const { containers, source } of body.workloads) {
    for (const container of containers) {
      for (const digest of digestsOf(container, body)) digests.add(digest);
      if (digests.size > LIMITS.storedImages && faults.length === 0)
        faults.push({
          document: source.document,
          path: container.path,
          message: `At most ${LIMITS.storedImages} images are looked up at once, and this is one more. Send the workloads in several requests.`,
        });
    }
  }
  if (faults.length > 0) throw faultyBodyProblem(faults, body);
  return [...digests];
}

function digestsOf(container: Container, { images }: WorkloadBody): readonly string[] {
  if (!needsImage(container)) return [];
  const { knownImage } = container;
  if (knownImage?.matchedBy === 'reference')
    return images.filter(({ facts }) => facts === knownImage.facts).flatMap(({ digests }) => digests);
  const digest = digestOf(container);
  return digest === undefined ? [] : [digest];
}

/** Whether the image decides which files a container starts. */
function needsImage({ command, execProbes, lifecycleBinaries, backupHooks }: Container): boolean {
  if (command === undefined) return true;
  return [command, ...[...execProbes, ...lifecycleBinaries, ...backupHooks].map(({ binary }) => binary)].some(
    (binary) => !binary.startsWith('/'),
  );
}

function digestOf({ image }: Container): string | undefined {
  if (image?.includes('@sha256:') !== true) return undefined;
  return parseImageReference(image)?.digest;
}

/**
 * The body, read again with these stored images if there are any: what is known of an image counts for notices too.
 *
 * @throws Problem `invalid-request` when the request tells something else of an image.
 */
export function addStoredImages(body: WorkloadBody, stored: StoredImages): WorkloadBody {
  if (stored.size === 0) return body;
  const faults = body.workloads.flatMap((workload) =>
    workload.containers.flatMap((container) => contradictions(workload, container, body, stored)),
  );
  if (faults.length > 0) throw faultyBodyProblem(faults, body);
  const images = [...stored.values()].map((image) => ({
    digests: [image.digest],
    references: [],
    facts: factsOf(image),
  }));
  return { ...body.readWith({ images }), images: body.images, stored };
}

/** The faults of a container of whose image the request tells something else than what is stored. */
function contradictions(
  { source }: Workload,
  container: Container,
  body: WorkloadBody,
  stored: StoredImages,
): Fault[] {
  const { knownImage, path } = container;
  if (knownImage === undefined) return [];
  return digestsOf(container, body).flatMap((digest) => {
    const image = stored.get(digest);
    if (image === undefined || isSame(factsOf(image), knownImage.facts)) return [];
    const message = `The config that is sent of the image ${digest} contradicts the stored one (GET /images/${digest}). The config of a digest never changes, so one of the two is wrong.`;
    return [{ document: source.document, path, message }];
  });
}
