import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { CursorPageQuerySchema, nextCursorField } from '../../http/paging.ts';
import { readQuery } from '../../http/query.ts';
import { listStoredImages } from '../../images/image-storage.ts';
import { StoredImageSchema } from '../../images/stored-image.ts';
import { NO_STORE, readImages } from './image-request.ts';

const ImageListSchema = z
  .strictObject({
    images: z.array(StoredImageSchema).meta({ description: 'The images, by digest.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'StoredImageList',
    description: 'A page of the stored images.',
    examples: [{ images: [], nextCursor: null }],
  });

/** `GET /images` */
export function listImages(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/images',
    operationId: 'listImages',
    tag: 'Images',
    summary: 'List the stored images',
    description: 'What is stored of each image, and who stored it.',
    query: CursorPageQuerySchema,
    access: readImages,
    answer: {
      description: 'A page of them.',
      content: { 'application/json': { schema: ImageListSchema } },
    },
    problems: ['invalid-request', 'images-unavailable'],
    handle: async (context) => {
      const { limit, cursor } = readQuery(context.req.url, CursorPageQuerySchema);
      const { images, next } = await listStoredImages(context.env.POLICY_SETS, limit, cursor);
      const answer: z.output<typeof ImageListSchema> = { images: [...images], nextCursor: next ?? null };
      return jsonAnswer(answer, NO_STORE);
    },
  });
}
