import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { type Decision, decideOverrides } from '../../src/cedar/decide-overrides.ts';
import {
  CedarFailure,
  type CedarRequest,
  evaluateText,
  type PolicyTexts,
  PreparedPolicies,
} from '../../src/cedar/engine.ts';
import { questionsOf } from '../../src/cedar/override-entities.ts';
import type { OverrideRequest } from '../../src/cedar/override-question.ts';
import { basisOf } from '../../src/cedar/slicing/basis.ts';
import { securityOverrides } from '../../src/compiler/derive/overrides.ts';
import { compile } from '../../src/compiler/emit/compile.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import { overrideCategory } from '../../src/compiler/model/override.ts';
import { workloadId } from '../../src/compiler/model/workload.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import * as arbitrary from '../support/arbitraries.ts';
import { checkManifests } from '../support/manifests.ts';
import { runs } from '../support/runs.ts';
import { workload } from '../support/services.ts';
import { policiesOf } from '../support/worker.ts';

const memory = new CedarMemory();
const prepared = new PreparedPolicies();

const PRINCIPAL = { namespace: 'shop', name: 'web', kind: 'service', labels: { team: 'shop', tier: 'web' } };

function override(id: string, more: Partial<OverrideRequest> = {}): OverrideRequest {
  const category = overrideCategory(id);
  if (category === undefined) throw new Error(`no such override: ${id}`);
  return { id, category, container: 'app', image: 'app:1', implicit: false, ...more };
}

function texts(policies: PolicyTexts['policies']): PolicyTexts {
  return { key: JSON.stringify(policies), policies };
}

function ask(override: OverrideRequest): CedarRequest {
  const { own, context, ...question } = questionsOf(PRINCIPAL, new Map())(override);
  return { ...question, context: { ...context }, entities: [...own] };
}

const scopes = fc.constantFrom(
  'principal, action, resource',
  'principal == Lattice::Service::"shop/web", action, resource',
  'principal == Lattice::Service::"shop/other", action, resource',
  'principal in Lattice::Namespace::"shop", action, resource',
  'principal is Lattice::Service, action == Lattice::Action::"OverrideSecurity", resource is Lattice::SecurityOverride',
  'principal, action, resource == Lattice::SecurityOverride::"hostPID"',
  'principal, action, resource == Lattice::SecurityOverride::"allowedBinary:*"',
);
const conditions = fc.constantFrom(
  '',
  'when { resource.category == "binary" }',
  'when { resource.category == "binary" && resource.path like "/usr/*" }',
  'unless { context.implicit }',
  'when { context has container && context.container == "app" }',
  'when { principal.getTag("team") == "shop" }',
  'when { principal.labels.contains({ key: "tier", value: "batch" }) }',
  // These fail to evaluate for some requests or for all.
  'when { principal.nosuch == 1 }',
  'when { resource.path == "/bin/x" }',
);
const policy = fc
  .tuple(fc.constantFrom('permit', 'forbid'), scopes, conditions)
  .map(([effect, scope, condition]) => `${effect} (${scope}) ${condition};`);
const policySet = fc
  .array(policy, { maxLength: 6 })
  .map((texts) => Object.fromEntries(texts.map((text, index) => [`p${index}`, text])));
const question = fc
  .constantFrom(
    'allowedBinary:*',
    'allowedBinary:/usr/bin/x',
    'allowedBinary:/bin/x',
    'hostPID',
    'capability:NET_ADMIN',
    'privileged',
  )
  .chain((id) =>
    fc
      .boolean()
      .map((implicit) =>
        override(id, overrideCategory(id) === 'pod' ? { container: undefined, implicit } : { implicit }),
      ),
  );

describe('prepared policy sets', () => {
  test('decide as Cedar does on the full text: decision, reasons and errors', () => {
    fc.assert(
      fc.property(policySet, fc.array(question, { minLength: 1, maxLength: 3 }), (policies, questions) => {
        for (const each of questions)
          expect(prepared.evaluate(texts(policies), ask(each))).toEqual(evaluateText(policies, ask(each)));
      }),
      runs(1_000),
    );
  });

  test('never answer for one another, however many are in use', () => {
    const sets = Array.from({ length: 300 }, (_, index) =>
      texts({
        [`only-${index}`]: `permit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:/${index}");`,
      }),
    );
    for (const round of [sets, sets.toReversed(), sets]) {
      for (const set of round) {
        const index = Number(Object.keys(set.policies)[0]?.slice(5));
        expect(prepared.evaluate(set, ask(override(`allowedBinary:/${index}`))).reasons).toEqual([
          `only-${index}`,
        ]);
        expect(prepared.evaluate(set, ask(override(`allowedBinary:/${index + 1}`))).allowed).toBe(false);
      }
    }
  });

  test('one that does not parse decides nothing, and disturbs no other', () => {
    const good = texts({ good: 'permit (principal, action, resource);' });
    for (let index = 0; index < 20; index += 1) {
      expect(() =>
        prepared.evaluate(texts({ [`bad-${index}`]: 'permit (' }), ask(override('hostPID'))),
      ).toThrow(CedarFailure);
      expect(prepared.evaluate(good, ask(override('hostPID'))).reasons).toEqual(['good']);
    }
  });
});

test('a policy named __proto__ is refused, not lost', () => {
  const { policies, faults } = readCedarText('@id("__proto__") forbid (principal, action, resource);');
  expect(Object.keys(policies)).toEqual([]);
  expect(faults.map(({ gate }) => gate)).toEqual(['id']);
});

async function decide(
  policies: Readonly<Record<string, string>>,
  principal: typeof PRINCIPAL,
  asked: OverrideRequest,
): Promise<Decision<OverrideRequest> | undefined> {
  return (await decideOverrides(basisOf(memory, policies), [{ principal, overrides: [asked] }])).flat()[0];
}

describe('decisions', () => {
  test('adding a forbid never turns a denial into a permit, nor a permit of another id away', () => {
    const forbid = policy.filter((text) => text.startsWith('forbid'));
    return fc.assert(
      fc.asyncProperty(policySet, forbid, question, async (policies, added, each) => {
        const before = await decide(policies, PRINCIPAL, each);
        const after = await decide({ ...policies, added }, PRINCIPAL, each);
        if (before?.decision === 'deny') expect(after?.decision).toBe('deny');
      }),
      runs(1_000),
    );
  });

  test('the suggested permit is enough for what nothing permits, and permits nothing else', () => {
    return fc.assert(
      fc.asyncProperty(question, fc.constantFrom('app', 'other'), async (each, container) => {
        const asked = each.container === undefined ? each : { ...each, container };
        const denied = await decide({}, PRINCIPAL, asked);
        if (denied?.decision !== 'deny') throw new Error('nothing permits, and yet it is permitted');
        expect(denied.reason).toBe('NoPermitPolicy');
        const split = readCedarText(denied.suggestedPermit ?? '');
        expect(split.faults).toEqual([]);
        const verdict = async (principal: typeof PRINCIPAL, request: OverrideRequest) =>
          (await decide(split.policies, principal, request))?.decision;
        expect(await verdict(PRINCIPAL, asked)).toBe('allow');
        expect(await verdict({ ...PRINCIPAL, name: 'web2' }, asked)).toBe('deny');
        expect(await verdict(PRINCIPAL, override('runAsRoot', { container }))).toBe('deny');
        if (asked.container !== undefined)
          expect(await verdict(PRINCIPAL, { ...asked, container: 'third' })).toBe('deny');
      }),
      runs(200),
    );
  });

  test('the suggested permit for a path that is only read permits no more than that', async () => {
    const reading = override('hostPath:/var/log', { container: undefined, readOnly: true });
    const writing = { ...reading, readOnly: false };
    const suggested = async (asked: OverrideRequest) => {
      const denied = await decide({}, PRINCIPAL, asked);
      const split = readCedarText((denied?.decision === 'deny' && denied.suggestedPermit) || '');
      expect(split.faults).toEqual([]);
      const verdict = async (each: OverrideRequest) =>
        (await decide(split.policies, PRINCIPAL, each))?.decision;
      return [await verdict(reading), await verdict(writing)];
    };
    expect(await suggested(reading)).toEqual(['allow', 'deny']);
    expect(await suggested(writing)).toEqual(['allow', 'allow']);
  });

  test('a suggestion quotes whatever a path holds', async () => {
    for (const path of ['/a"b', '/a\\', '/ü😀', '/$(x)', '/*']) {
      const denied = await decide({}, PRINCIPAL, override(`allowedBinary:${path}`));
      const split = readCedarText((denied?.decision === 'deny' && denied.suggestedPermit) || '');
      expect(split.faults).toEqual([]);
      const allowed = await decide(split.policies, PRINCIPAL, override(`allowedBinary:${path}`));
      expect(allowed?.decision).toBe('allow');
    }
  });

  test.each([
    ['nothing permits', '', 'deny NoPermitPolicy []'],
    ['a permit', 'permit (principal, action, resource);', 'allow  [policy0]'],
    [
      'a permit of something else',
      'permit (principal, action, resource == Lattice::SecurityOverride::"privileged");',
      'deny NoPermitPolicy []',
    ],
    [
      'a forbid beats a permit',
      'permit (principal, action, resource); forbid (principal, action, resource);',
      'deny ExplicitForbid [policy1]',
    ],
    [
      'a forbid that fails beats a permit',
      'permit (principal, action, resource); forbid (principal, action, resource) when { principal.x == 1 };',
      'deny PolicyError [policy1]',
    ],
    [
      'a permit that fails denies too',
      'permit (principal, action, resource); permit (principal, action, resource) when { principal.x == 1 };',
      'deny PolicyError [policy1]',
    ],
    [
      'failing beats forbidding',
      'forbid (principal, action, resource); permit (principal, action, resource) when { principal.x == 1 };',
      'deny PolicyError [policy1]',
    ],
    [
      'another action is not permitted',
      'permit (principal, action == Lattice::Action::"Other", resource);',
      'deny NoPermitPolicy []',
    ],
  ])('%s', async (_, text, expected) => {
    const decision = await decide(policiesOf(text), PRINCIPAL, override('hostPID'));
    const reason = decision?.decision === 'deny' ? decision.reason : '';
    expect(`${decision?.decision} ${reason} [${decision?.policies.map(({ id }) => id).join(' ')}]`).toBe(
      expected,
    );
    // A permit is offered where one would help, and nowhere else.
    const offered = decision?.decision === 'deny' && decision.suggestedPermit !== undefined;
    expect(offered).toBe(reason === 'NoPermitPolicy');
  });
});

test('a service compiles exactly when every override is allowed, and every manifest is valid', () => {
  return fc.assert(
    fc.asyncProperty(arbitrary.service, policySet, async (service, policies) => {
      const read = workload(service);
      const overrides = securityOverrides(read, { authorizeEntrypoints: false });
      const decisions = (
        await decideOverrides(basisOf(memory, policies), [{ principal: read, overrides }])
      ).flat();
      const pairs = decisions.map((decision) => `${decision.override.container} ${decision.override.id}`);
      expect(new Set(pairs).size).toBe(pairs.length);
      expect(workloadId(read)).toBe(`shop/${read.name}`);
      if (decisions.every(({ decision }) => decision === 'allow'))
        checkManifests(compile(read, DEFAULT_OPTIONS).manifests);
    }),
    runs(1_000),
  );
});
