import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { readStoredImage, removeStoredImage } from '../../images/image-storage.ts';
import { StoredImageSchema } from '../../images/stored-image.ts';
import { describeImages, ImageParamsSchema, imageNotFound, NO_STORE } from './image-request.ts';

/** `DELETE /images/{digest}` */
export function removeImage(app: App): void {
  addOperation(app, {
    method: 'delete',
    path: '/images/{digest}',
    operationId: 'removeImage',
    tag: 'Images',
    summary: 'Remove what is stored of an image',
    description:
      'Workloads that name this digest ask for `allowedBinary:*` again where their entrypoint is not known. It may count for another minute where KV has not heard of it yet.',
    params: ImageParamsSchema,
    access: describeImages,
    answer: {
      description: 'It is removed; this was stored.',
      content: { 'application/json': { schema: StoredImageSchema } },
    },
    problems: ['invalid-request', 'image-not-found', 'images-unavailable'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { digest } = readParams(context, ImageParamsSchema);
      const image = await readStoredImage(context.env.POLICY_SETS, digest);
      if (image === undefined) throw imageNotFound(digest);
      await removeStoredImage(context.env.POLICY_SETS, digest);
      context.get('isolate').images.forget(digest);
      return jsonAnswer(image, NO_STORE);
    },
  });
}
