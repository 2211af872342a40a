import { authorizeRoutes } from './api/authorize.ts';
import { baselineRoutes } from './api/baseline.ts';
import { compileRoutes } from './api/compile.ts';
import { type App, newApp } from './api/openapi.ts';
import { Problem } from './api/problems.ts';
import { systemRoutes } from './api/system.ts';

/** Puts the resources together, with one way to fail. */
export function createApp(): App {
  const app = newApp();
  compileRoutes(app);
  authorizeRoutes(app);
  baselineRoutes(app);
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
    return problem.toResponse();
  });
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    // The caller learns nothing of our insides; the log keeps them.
    console.error(error);
    return new Problem('internal-error', 'The request could not be answered. It was logged.').toResponse();
  });
  return app;
}

function methodsOf(app: App, path: string): string[] {
  return [
    ...new Set(
      app.routes.filter((route) => route.path === path && route.method !== 'ALL').map(({ method }) => method),
    ),
  ];
}
