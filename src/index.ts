import { createApp } from './app.ts';
import { PolicySetRegistry } from './policy-sets/registry.ts';

/** The Worker. */
export default createApp();
export { PolicySetRegistry };
