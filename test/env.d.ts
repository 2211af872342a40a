import type { Bindings } from '../src/http/environment.ts';
import type { BuiltWorker } from './support/build-worker.ts';

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      /** Takes three requests a minute. */
      readonly TEST_LIMITER: RateLimit;
    }
    interface GlobalProps {
      mainModule: typeof import('../src/index.ts');
    }
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Tetragon's CRD schema of `spec`, or null where there is no checkout of it. */
    tetragonSpecSchema: unknown;
    /** Whether the costly properties have all of their runs (`runs`). */
    allRuns: boolean;
    /** For the test files that start the Worker as a process of its own. */
    builtWorker: BuiltWorker;
  }
}
