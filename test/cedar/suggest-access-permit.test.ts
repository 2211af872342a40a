import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import accessPolicies from '../../policies/management/access.cedar?raw';
import { ACCESS_ACTIONS, type AccessQuestion } from '../../src/cedar/access-question.ts';
import type { Caller } from '../../src/cedar/caller.ts';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { decideAccess } from '../../src/cedar/decide-access.ts';
import { TRACEWRIGHT } from '../../src/cedar/languages.ts';
import { basisOf } from '../../src/cedar/slicing/basis.ts';
import { suggestAccessPermit } from '../../src/cedar/suggest-access-permit.ts';
import { validatePolicies } from '../../src/cedar/validation/check-policies.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import { json, workerWith } from '../support/management.ts';
import { create, point, published, publishText } from '../support/policy-sets.ts';
import { runs } from '../support/runs.ts';
import { app, service } from '../support/services.ts';
import { type Issuer, makeIssuer } from '../support/tokens.ts';
import { problem } from '../support/worker.ts';

const memory = new CedarMemory();

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom('a"b', 'ü😀', '\n', 'x'.repeat(900)),
);
const caller: fc.Arbitrary<Caller> = fc.tuple(name, name).map(([issuer, subject]) => ({
  kind: 'oidc',
  issuer: `https://${issuer}`,
  subject,
  scopes: [],
  groups: [],
  claims: {},
}));
const setName = fc.stringMatching(/^[a-z]{1,63}$/);
const question: fc.Arbitrary<AccessQuestion> = fc
  .record({
    action: fc.constantFrom(...ACCESS_ACTIONS),
    policySet: setName,
    namespace: setName,
    reference: fc.constantFrom('active', '7'),
    alias: fc.constantFrom('active', undefined),
    scopes: fc.constantFrom(undefined, [], ['read'], ['read', 'compile']),
  })
  .map(({ action, policySet, namespace, reference, alias, scopes }): AccessQuestion => {
    switch (action) {
      case 'compile':
      case 'authorize':
        return { action, policySet, namespace, reference };
      case 'admission':
        return { action, policySet, reference };
      case 'activate':
        return { action, policySet, alias };
      case 'describeImages':
        return { action };
      case 'manageKeys':
        return { action, scopes };
      default:
        return { action, policySet };
    }
  });

describe('the permit that is suggested to who may not do something', () => {
  test('is valid, is enough, and permits nothing else', () =>
    fc.assert(
      fc.asyncProperty(caller, question, caller, question, async (who, what, other, another) => {
        const { policies, faults } = readCedarText(suggestAccessPermit(who, what));
        expect(faults).toEqual([]);
        expect(validatePolicies(TRACEWRIGHT, null, policies).errors).toEqual([]);
        const basis = basisOf(memory, policies);
        expect((await decideAccess(basis, who, what)).allowed).toBe(true);
        const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
        if (!same(who, other)) expect((await decideAccess(basis, other, what)).allowed).toBe(false);
        if (!same(what, another)) expect((await decideAccess(basis, who, another)).allowed).toBe(false);
      }),
      runs(500),
    ));

  let issuer: Issuer;
  let request: ReturnType<typeof workerWith>;
  beforeAll(async () => {
    issuer = await makeIssuer('https://ci.example.org');
    request = workerWith({ OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
  });

  test('stands in the problem, and helps once it is active', async () => {
    const token = await issuer.sign();
    const services = json('POST', service([app()]));
    const { permission } = await problem(await request('/compile', services, token), 'forbidden');
    const permit = permission?.suggestedPermit ?? '';
    expect(permit).toContain('action == Tracewright::Action::"compile"');
    await create('management');
    await published(await publishText('management', `${accessPolicies}\n${permit}`));
    await point('management', 1);
    expect((await request('/compile', services, token)).status).not.toBe(403);
    await problem(await request('/authorize', services, token), 'forbidden');
  });

  test('is absent where a forbid or the scope of a key denies', async () => {
    await published(
      await publishText(
        'management',
        `${accessPolicies}\n@id("no-ci") forbid (principal, action, resource) when { principal.kind == "oidc" };`,
      ),
    );
    await point('management', 2);
    const { permission } = await problem(
      await request('/compile', json('POST', service([app()])), await issuer.sign()),
      'forbidden',
    );
    expect(permission).toMatchObject({ reason: 'ExplicitForbid' });
    expect(permission).not.toHaveProperty('suggestedPermit');
  });
});
