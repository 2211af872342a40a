import { createApp } from './app.ts';
import { PolicySetRegistry } from './policy-sets/registry.ts';
import { warmUp } from './warm-up.ts';

const app = createApp();
warmUp(app);

/** The Worker. */
export default app;
export { PolicySetRegistry };
