/**
 * Serves the API on this machine: `npm start`. It publishes `policies/` as the active version of the set `default`,
 * makes an admin key for this machine, and starts the Worker.
 * @module
 */
import { explainStart, runStart, type Stops } from './local-server/run-start.ts';
import { nodeShell } from './shell/shell.ts';

// When nobody reads the output any longer, the server is of no use. Exiting stops it.
process.stdout.on('error', () => process.exit(1));
const shell = nodeShell();
const stops: Stops = {
  onSignal(stop) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  },
  onExit: (stop) => void process.on('exit', stop),
};
try {
  process.exitCode = await runStart(process.argv.slice(2), shell, stops);
} catch (error) {
  // A Worker that did not start may leave something behind that keeps this process running.
  process.exit(explainStart(error, shell));
}
