import { AccessMemory } from './access/access-memory.ts';
import type { RememberedReviews } from './api/admission/answer-review.ts';
import type { AuthorizeQuery } from './api/authorize/authorize-routes.ts';
import { CompileMemory } from './api/compile/compile-memory.ts';
import { CedarMemory } from './cedar/cedar-memory.ts';
import type { SharedMemory } from './http/environment.ts';
import { ImageMemory } from './images/image-memory.ts';
import { MEMORY_BOUNDS } from './memory/bounds.ts';
import { Recent } from './memory/recent.ts';
import { VersionMemory } from './policy-sets/version-store.ts';

/**
 * Everything that an isolate remembers between two requests. The Worker makes one when it starts, and nothing else in
 * `src` remembers anything. `MEMORY_BOUNDS` limits each part.
 */
export class Isolate implements SharedMemory {
  readonly cedar = new CedarMemory();
  readonly versions = new VersionMemory(this.cedar);
  readonly access = new AccessMemory(this.cedar);
  readonly images = new ImageMemory();
  readonly compile = new CompileMemory();
  readonly authorizeQueries = new Recent<string, AuthorizeQuery>(MEMORY_BOUNDS.queries.weight, () => 1);
  readonly reviews: RememberedReviews = new Recent(
    MEMORY_BOUNDS.reviews.weight,
    ({ weight }) => weight,
    MEMORY_BOUNDS.reviews.entries,
  );
}
