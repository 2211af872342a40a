import { guarded } from './guard.ts';
import type { App, Operation } from './openapi.ts';

/**
 * Adds an operation to the application, which documents it too. The handler reads the request itself, because bodies may
 * be YAML and every fault is reported with its place, which the validators of Hono cannot do.
 */
export function addOperation(app: App, operation: Operation): void {
  const { method, path, operationId, access, handle } = operation;
  app.operations.push(operation);
  app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'), guarded(operationId, access, handle));
}
