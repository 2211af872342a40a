import type { App } from '../../http/openapi.ts';
import { getImage } from './get-image.ts';
import { listImages } from './list-images.ts';
import { removeImage } from './remove-image.ts';
import { storeImage } from './store-image.ts';

/** The operations of stored images. */
export function imageRoutes(app: App): void {
  listImages(app);
  storeImage(app);
  getImage(app);
  removeImage(app);
}
