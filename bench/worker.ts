/**
 * The Worker that is measured: the real application, and beside it the cheapest answer that Hono can give on
 * the same runtime, so that what it takes to reach a Worker at all cancels out of the ratios.
 * @module
 */
import { createApp } from '../src/app.ts';
import { PolicySetRegistry } from '../src/policy-sets/registry.ts';

// The decision log would bury the tables.
console.log = () => {};

const app = createApp();
app.get('/bench/constant', (context) => context.json({ status: 'ok' }));

export default app;
export { PolicySetRegistry };
