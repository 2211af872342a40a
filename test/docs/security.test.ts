import { describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/access/key-schemas.ts';
import { SettingsSchema } from '../../src/access/settings.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { RequestRecord } from '../../src/http/request-record.ts';
import { traceContext } from '../../src/http/trace-context.ts';
import { operationsBelow, operationsIn } from './document.ts';
import { namesIn, namesOf, read, tableOf } from './pages.ts';

describe('docs/security.md', () => {
  test('has every operation of keys and callers', () => {
    expect(
      operationsIn('docs/security.md', 'API keys')
        .filter((each) => each.includes('/'))
        .sort(),
    ).toEqual([...operationsBelow('/keys'), ...operationsBelow('/caller')].sort());
  });

  test('has every scope', () => {
    expect(
      namesIn('docs/security.md', 'API keys')
        .filter((name) => !/^[A-Z]/.test(name))
        .sort(),
    ).toEqual([...SCOPES].sort());
  });

  test('has every action that policies decide about', () => {
    const schema = read('src/cedar/tracewright.cedarschema');
    const actions = [...schema.matchAll(/^ {2}action (.+?) appliesTo/gm)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    expect(namesIn('docs/security.md', 'What a caller may do').sort()).toEqual(actions.sort());
  });

  test('has fields of an issuer that are read, and no other', () => {
    const values: Readonly<Record<string, unknown>> = {
      issuer: 'https://ci.example',
      audience: ['tracewright'],
      jwksUri: 'https://ci.example/jwks',
      jwks: { keys: [{ kty: 'RSA' }] },
      algorithms: ['RS256'],
      personClaim: 'sub',
      nameClaim: 'name',
    };
    const names = namesOf(tableOf('docs/security.md', 'Tokens of CI systems').map(([field = '']) => [field]));
    expect(names.sort()).toEqual(Object.keys(values).sort());
    const isRead = (issuer: object): boolean =>
      SettingsSchema.safeParse({ OIDC_ISSUERS: JSON.stringify([issuer]) }).success;
    // An issuer has one of the two.
    const { jwks, jwksUri, ...others } = values;
    expect(isRead({ ...others, jwks })).toBe(true);
    expect(isRead({ ...others, jwksUri })).toBe(true);
    expect(isRead({ ...others, jwksUri, keys: [] })).toBe(false);
  });

  test('shows a line of the log with the fields that it has', () => {
    const [, shown = ''] = /```json\n(\{"event".*)\n```/.exec(read('docs/security.md')) ?? [];
    const trace = traceContext(null, 'a');
    const line = new RequestRecord('a', trace).toEvent('POST', 403);
    expect(Object.keys(JSON.parse(shown))).toEqual(Object.keys(line));
  });

  test('tells the limits of keys and tokens', () => {
    const text = read('docs/security.md');
    expect(text).toContain(`at most ${LIMITS.keyDays}.`);
    expect(text).toContain(`In the last ${LIMITS.keyWarningDays} days before a key expires`);
    expect(text).toContain(`at most ${LIMITS.tokenLength.toLocaleString('en')} characters`);
    expect(text).toContain(`at most ${LIMITS.logged} of each`);
    expect(text).toContain(`remembers a good key for ${LIMITS.credentialSeconds} seconds`);
    expect(text).toContain(`remembers a valid token for ${LIMITS.credentialSeconds} seconds`);
    expect(text).toContain(`ten minutes and ${LIMITS.credentialSeconds} seconds after`);
  });
});
