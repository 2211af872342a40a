/**
 * A Worker without anything in it: what the start of the real one is compared with.
 * @module
 */
import { DurableObject } from 'cloudflare:workers';

export default {
  fetch: (): Response => new Response('{"status":"ok"}', { headers: { 'content-type': 'application/json' } }),
};

/** The binding of the Durable Object needs a class of this name. */
export class PolicySetRegistry extends DurableObject {}
