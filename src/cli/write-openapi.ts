/**
 * Writes `openapi/openapi.json`: the document that a local Worker serves. `npm run openapi` runs it.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { unstable_startWorker } from 'wrangler';

const worker = await unstable_startWorker({
  config: 'wrangler.toml',
  bindings: { LOCAL_DEVELOPMENT: { type: 'plain_text', value: 'on' } },
  dev: { server: { port: 0 }, inspector: false, logLevel: 'error', watch: false },
});
try {
  const answer = await worker.fetch('http://localhost/openapi.json');
  writeFileSync('openapi/openapi.json', await answer.text());
} finally {
  await worker.dispose();
}
