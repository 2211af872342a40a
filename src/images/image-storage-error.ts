import { Failure } from '../failures/failure.ts';

/** What is stored of images cannot be read or written, or is in a form that this release does not know. */
export class ImageStorageError extends Failure {
  override readonly name = 'ImageStorageError';
  readonly code = 'images-unavailable';
}
