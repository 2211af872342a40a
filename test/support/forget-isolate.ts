import { vi } from 'vitest';

interface Module {
  readonly id: string;
}

interface Modules {
  readonly idToModuleMap: ReadonlyMap<string, Module>;
  invalidateModule(module: Module): void;
}

declare global {
  /** What Vitest loads modules with. Its own `vi.resetModules` does the same to all modules. */
  var __vitest_mocker__: { readonly moduleRunner?: { readonly evaluatedModules?: Modules } } | undefined;
}

/**
 * Makes the next request evaluate `src/index.ts` again, and so make a new isolate. It is the only file of `src` that
 * remembers anything (test/house/module-state.test.ts), but for the memory of Cedar. To evaluate all modules again
 * costs half a second of a core.
 */
export function forgetIsolate(): void {
  const modules = globalThis.__vitest_mocker__?.moduleRunner?.evaluatedModules;
  const index = [...(modules?.idToModuleMap.values() ?? [])].find(({ id }) => id.endsWith('/src/index.ts'));
  if (modules === undefined || index === undefined) vi.resetModules();
  else modules.invalidateModule(index);
}
