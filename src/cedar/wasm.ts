/**
 * Instantiates Cedar once for each isolate, when the modules of the Worker are loaded. A Worker cannot fetch or
 * compile WebAssembly at run time, so the file is imported. It is imported by its path, because the `exports` of
 * the package do not name it.
 * @module
 */
import { initSync } from '@cedar-policy/cedar-wasm/web';
import module from '../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm?module';

// Module state: the memory of WebAssembly. PreparedPolicies names what is kept there, and empties it again.
initSync({ module });
