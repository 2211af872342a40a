import { admissionRoutes } from './api/admission.ts';
import { attestationRoutes } from './api/attestations.ts';
import { authorizeRoutes } from './api/authorize.ts';
import { baselineRoutes } from './api/baseline.ts';
import { compileRoutes } from './api/compile.ts';
import { keyRoutes } from './api/keys.ts';
import { krmRoutes } from './api/krm.ts';
import { answerError, configured, recorded } from './api/middleware.ts';
import { type App, newApp } from './api/openapi.ts';
import { policySetAliasRoutes } from './api/policy-set-aliases.ts';
import { policySetCorpusRoutes } from './api/policy-set-corpus.ts';
import { policySetVersionRoutes } from './api/policy-set-versions.ts';
import { policySetRoutes } from './api/policy-sets.ts';
import { Problem } from './api/problems.ts';
import { systemRoutes } from './api/system.ts';

/** Puts the resources together, with one way to fail. */
export function createApp(): App {
  const app = newApp();
  app.use(recorded, configured);
  compileRoutes(app);
  authorizeRoutes(app);
  baselineRoutes(app);
  krmRoutes(app);
  admissionRoutes(app);
  attestationRoutes(app);
  policySetRoutes(app);
  policySetVersionRoutes(app);
  policySetAliasRoutes(app);
  policySetCorpusRoutes(app);
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
