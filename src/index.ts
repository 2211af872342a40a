import { createApp } from './app.ts';
import { Isolate } from './isolate.ts';
import { PolicySetRegistry } from './policy-sets/registry.ts';
import { warmUp } from './warm-up.ts';

// Module state: all that this isolate of the Worker remembers. It is handed down from here.
const isolate = new Isolate();
// Module state: the routes, which do not change once they are made.
const app = createApp(isolate);
// It does no I/O, so it is done by the time the isolate has started.
void warmUp(app, isolate);

/** The Worker. */
export default app;
export { PolicySetRegistry };
