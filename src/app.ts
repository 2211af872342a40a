import { admissionRoutes } from './api/admission/admission-routes.ts';
import { attestationRoutes } from './api/attestations/attestation-routes.ts';
import { authorizeRoutes } from './api/authorize/authorize-routes.ts';
import { baselineRoutes } from './api/baseline/baseline-routes.ts';
import { compileRoutes } from './api/compile/compile-routes.ts';
import { explainRoutes } from './api/explain/explain-routes.ts';
import { imageRoutes } from './api/images/image-routes.ts';
import { keyRoutes } from './api/keys/key-routes.ts';
import { krmRoutes } from './api/krm/krm-routes.ts';
import { learnRoutes } from './api/learn/learn-routes.ts';
import { policySetAliasRoutes } from './api/policy-sets/alias-routes.ts';
import { policySetCorpusRoutes } from './api/policy-sets/corpus-routes.ts';
import { policySetRoutes } from './api/policy-sets/set-routes.ts';
import { policySetVersionRoutes } from './api/policy-sets/version-routes.ts';
import { systemRoutes } from './api/system/system-routes.ts';
import { answerError, configured, recorded, remembering } from './http/middleware.ts';
import { type App, newApp } from './http/openapi.ts';
import { Problem } from './http/problems.ts';
import type { Isolate } from './isolate.ts';

/**
 * Makes the application: all operations, and one way to answer errors.
 *
 * @param isolate The memory of the application between requests. A test that needs an empty one makes its own.
 */
export function createApp(isolate: Isolate): App {
  const app = newApp();
  app.use(remembering(isolate), recorded, configured);
  compileRoutes(app, isolate.compile);
  authorizeRoutes(app, isolate.authorizeQueries);
  explainRoutes(app);
  baselineRoutes(app);
  krmRoutes(app);
  admissionRoutes(app, isolate.reviews);
  attestationRoutes(app);
  learnRoutes(app);
  policySetRoutes(app);
  policySetVersionRoutes(app);
  policySetAliasRoutes(app);
  policySetCorpusRoutes(app);
  imageRoutes(app);
  keyRoutes(app);
  systemRoutes(app);
  app.notFound((context) => {
    const methods = methodsOf(app, context.req.path);
    const problem =
      methods.length === 0
        ? new Problem(
            'not-found',
            `There is nothing at ${context.req.path.slice(0, 200)}. The resources are listed at /docs.`,
          )
        : new Problem(
            'method-not-allowed',
            `${context.req.path} answers ${methods.join(' and ')}.`,
            {},
            { allow: methods.join(', ') },
          );
    return answerError(problem, context);
  });
  app.onError(answerError);
  return app;
}

function methodsOf(app: App, path: string): string[] {
  return [
    ...new Set(
      app.routes
        .filter((route) => route.method !== 'ALL' && matches(route.path, path))
        .map(({ method }) => method),
    ),
  ];
}

function matches(pattern: string, path: string): boolean {
  const steps = path.split('/');
  const expected = pattern.split('/');
  return (
    steps.length === expected.length &&
    expected.every((step, index) => step === steps[index] || (step.startsWith(':') && steps[index] !== ''))
  );
}
