import { warmUp } from './access/permissions.ts';
import { createApp } from './app.ts';
import { PolicySetRegistry } from './policy-sets/registry.ts';

warmUp();

/** The Worker. */
export default createApp();
export { PolicySetRegistry };
