import { z } from 'zod';
import { Problem } from '../../http/problems.ts';
import { ImageDigestSchema } from '../../images/stored-image.ts';

/** The path parameters of a stored image. */
export const ImageParamsSchema = z.strictObject({ digest: ImageDigestSchema });

/** The headers of answers about stored images, which may change or be removed. */
export const NO_STORE = { 'cache-control': 'no-store' };

/** The access question of the operations that store images and remove them. */
export const describeImages = () => ({ action: 'describeImages' }) as const;

/** The access question of the operations that show stored images, which are of no policy set. */
export const readImages = () => ({ action: 'read', policySet: undefined }) as const;

/** The problem of a digest of which nothing is stored. */
export function imageNotFound(digest: string): Problem {
  return new Problem(
    'image-not-found',
    `Nothing is stored of the image ${digest}. Store its config: crane config IMAGE@${digest} | curl -X PUT -H 'content-type: application/json' --data-binary @- …/images/${digest}`,
  );
}
