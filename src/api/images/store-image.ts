import type { Context } from 'hono';
import { callerId } from '../../cedar/caller.ts';
import type { ImageFacts } from '../../compiler/model/image.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { isSame } from '../../compiler/read/images/image-index.ts';
import { readImages } from '../../compiler/read/images/read-images.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { invalidRequest, Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { readDocuments } from '../../http/read-body.ts';
import { readStoredImage, writeStoredImage } from '../../images/image-storage.ts';
import { factsOf, StoredImageSchema, storedImage } from '../../images/stored-image.ts';
import { ImageConfigSchema } from '../../judgement/image-config-schema.ts';
import { faultyBodyProblem } from '../../judgement/read-workload-body.ts';
import type { Places } from '../../judgement/workload-body.ts';
import { describeImages, ImageParamsSchema, NO_STORE } from './image-request.ts';

/** `PUT /images/{digest}` */
export function storeImage(app: App): void {
  addOperation(app, {
    method: 'put',
    path: '/images/{digest}',
    operationId: 'setImage',
    tag: 'Images',
    summary: 'Store what an image starts',
    description:
      'Takes the config of an image, and stores ENTRYPOINT, CMD, WORKDIR, PATH and USER of it: nothing else, because its other variables may hold secrets. Workloads that name this digest are then compiled with it. A digest never changes its config, so the same again changes nothing, and another one is refused.',
    params: ImageParamsSchema,
    body: {
      schema: ImageConfigSchema,
      description:
        'The config, as `crane config`, `skopeo inspect --config` or `docker image inspect` prints it.',
    },
    access: describeImages,
    answer: {
      description: 'It was stored before; nothing has changed.',
      created: 'It is stored. It may take a minute until it is known everywhere.',
      content: { 'application/json': { schema: StoredImageSchema } },
    },
    problems: [
      'malformed-body',
      'body-too-large',
      'unsupported-media-type',
      'invalid-request',
      'image-differs',
      'images-unavailable',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { digest } = readParams(context, ImageParamsSchema);
      const facts = await readConfig(context.req.raw, digest);
      return storeFacts(context, digest, facts);
    },
  });
}

/** Reads the body as the config of one image. @throws Problem */
async function readConfig(request: Request, digest: string): Promise<ImageFacts> {
  const [document, ...more] = await readDocuments(request);
  if (document === undefined || more.length > 0)
    throw invalidRequest([{ message: 'Expected one document: the config of one image.', document: 0 }]);
  const source = { document: 0, path: [] };
  const places: Places = { locate: (_, path) => document.locate(path) };
  const read = readImages([{ value: document.value, source, name: digest }]);
  if (!read.ok) throw faultyBodyProblem(read.faults, places);
  const [image, ...others] = read.images;
  const refuse = (message: string): Problem => faultyBodyProblem([{ ...source, message }], places);
  const [notice] = read.notices;
  if (notice !== undefined) throw refuse(notice.message);
  if (image === undefined || others.length > 0) throw refuse('Expected the config of one image.');
  const { length } = JSON.stringify(image.facts);
  if (length > LIMITS.imageFacts)
    throw refuse(
      `ENTRYPOINT, CMD, WORKDIR, PATH and USER have ${length} characters as JSON; at most ${LIMITS.imageFacts} are stored.`,
    );
  const { digests } = image;
  if (digests.length > 0 && !digests.includes(digest))
    throw refuse(`This is the config of ${digests.slice(0, 3).join(', ')}, and not of ${digest}.`);
  return image.facts;
}

async function storeFacts(
  context: Context<Environment>,
  digest: string,
  facts: ImageFacts,
): Promise<Response> {
  const kv = context.env.POLICY_SETS;
  const before = await readStoredImage(kv, digest);
  if (before !== undefined) {
    if (isSame(factsOf(before), facts)) return jsonAnswer(before, NO_STORE);
    throw new Problem(
      'image-differs',
      `Another config is stored of the image ${digest} (GET /images/${digest}). A digest never changes its config, so one of the two is wrong. If it is the stored one, remove it first: DELETE /images/${digest}`,
    );
  }
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('The caller is not known.');
  const image = storedImage(digest, facts, {
    storedAt: new Date().toISOString(),
    storedBy: callerId(identity.caller),
  });
  await writeStoredImage(kv, image);
  context.get('isolate').images.forget(digest);
  return jsonAnswer(image, { ...NO_STORE, location: `/images/${digest}` }, 201);
}
