/** The admin key of the Worker under test (vitest.config.ts gives it the hash). */
export const ADMIN_KEY = 'tw_admin_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

/** The header that authenticates its holder. */
export const ADMIN = { authorization: `Bearer ${ADMIN_KEY}` };
