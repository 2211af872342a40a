import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { readStoredImage } from '../../images/image-storage.ts';
import { StoredImageSchema } from '../../images/stored-image.ts';
import { ImageParamsSchema, imageNotFound, NO_STORE, readImages } from './image-request.ts';

/** `GET /images/{digest}` */
export function getImage(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/images/{digest}',
    operationId: 'getImage',
    tag: 'Images',
    summary: 'Get what is stored of an image',
    description: 'How the containers of the image start, and who stored it.',
    params: ImageParamsSchema,
    access: readImages,
    answer: {
      description: 'What is stored.',
      content: { 'application/json': { schema: StoredImageSchema } },
    },
    problems: ['invalid-request', 'image-not-found', 'images-unavailable'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { digest } = readParams(context, ImageParamsSchema);
      const image = await readStoredImage(context.env.POLICY_SETS, digest);
      if (image === undefined) throw imageNotFound(digest);
      return jsonAnswer(image, NO_STORE);
    },
  });
}
