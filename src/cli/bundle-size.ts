/**
 * Prints the gzipped size of the bundle in `dist/`, and fails when it exceeds the limit of the free plan of Workers.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The limit in bytes. */
const LIMIT = 3 * 1024 * 1024;
const files = readdirSync('dist').filter((name) => !name.endsWith('.map') && name !== 'README.md');
const bytes = gzipSync(Buffer.concat(files.map((name) => readFileSync(join('dist', name))))).length;
process.stdout.write(`bundle: ${(bytes / 1024).toFixed(0)} KiB gzipped of ${LIMIT / 1024} KiB\n`);
if (bytes >= LIMIT) process.exitCode = 1;
