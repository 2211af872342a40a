/**
 * Instantiates Cedar once per isolate, when the Worker's modules are loaded. Workers cannot fetch or
 * compile WebAssembly at run time, so the module is imported; the package's `exports` do not name the
 * file, hence the path.
 * @module
 */
import { initSync } from '@cedar-policy/cedar-wasm/web';
import module from '../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';

// Module state: the memory of WebAssembly. What is kept there has names that CedarMemory gives and takes back.
initSync({ module });
