/**
 * Manages policy sets, and asks the API to compile and to decide: `npm run policies -- <command>`.
 * @module
 */
import { runPolicies } from './policies/run-policies.ts';
import { EXIT } from './shell/command-error.ts';
import { nodeShell } from './shell/shell.ts';

// A reader such as `head` closes the pipe before everything is written. That is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.fault),
);
process.exitCode = await runPolicies(process.argv.slice(2), nodeShell());
