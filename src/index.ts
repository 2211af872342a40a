import { createApp } from './app.ts';
import { PolicySetRegistry } from './policy-sets/registry.ts';
import { warmUp } from './warm-up.ts';

const app = createApp();
// It waits for nothing but itself, so it is done when the isolate has started.
void warmUp(app);

/** The Worker. */
export default app;
export { PolicySetRegistry };
