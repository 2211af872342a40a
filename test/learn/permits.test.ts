import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { OverrideRequest, Principal } from '../../src/cedar/override-question.ts';
import { suggestPermit } from '../../src/cedar/suggest-override-permit.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { type MissingPermit, missingPermits, permitsText, permitTestsText } from '../../src/learn/permits.ts';

const WEB: Principal = { namespace: 'shop', name: 'web', kind: 'deployment', labels: {} };

function binary(path: string, more: Partial<OverrideRequest> = {}): OverrideRequest {
  return {
    id: `allowedBinary:${path}`,
    category: 'binary',
    container: 'app',
    image: 'web:1',
    implicit: false,
    ...more,
  };
}

test('permits are sorted, told apart and written once, below a comment that says where they come from', () => {
  const missing = [
    { principal: WEB, override: binary('/bin/web') },
    { principal: WEB, override: binary('/bin/sh') },
    { principal: WEB, override: binary('/bin/web') },
  ];
  expect(
    permitsText(missing),
  ).toBe(`// Permits that Tracewright suggests for what it saw running. Nothing here is permitted before you publish it:
// review each permit, and delete those that you do not want, with their tests.

@id("permit:shop:web:app:allowedBinary:/bin/sh")
permit (
  principal == Lattice::Service::"shop/web",
  action == Lattice::Action::"OverrideSecurity",
  resource == Lattice::SecurityOverride::"allowedBinary:/bin/sh"
) when { principal.kind == "deployment" && context has container && context.container == "app" && !context.implicit };

@id("permit:shop:web:app:allowedBinary:/bin/web")
permit (
  principal == Lattice::Service::"shop/web",
  action == Lattice::Action::"OverrideSecurity",
  resource == Lattice::SecurityOverride::"allowedBinary:/bin/web"
) when { principal.kind == "deployment" && context has container && context.container == "app" && !context.implicit };
`);
  expect(permitsText(missing.toReversed())).toBe(permitsText(missing));
});

test('a permit for a path that is only read has a test that says so', () => {
  const override: OverrideRequest = {
    id: 'hostPath:/var/log',
    category: 'volume',
    container: undefined,
    image: undefined,
    implicit: false,
    readOnly: true,
  };
  const text = permitTestsText([{ principal: WEB, override }]);
  expect(parse(text)).toMatchObject([{ overrides: [{ id: 'hostPath:/var/log', readOnly: true }] }]);
  expect(permitsText([{ principal: WEB, override }])).toContain(
    '!context.implicit && resource has readOnly && resource.readOnly };',
  );
});

test('each permit has a test', () => {
  const labelled = { ...WEB, name: 'api', kind: 'service', labels: { team: 'shop' } };
  const missing: MissingPermit[] = [
    { principal: WEB, override: binary('/bin/sh') },
    {
      principal: labelled,
      override: { ...binary(''), id: 'hostPID', category: 'pod', container: undefined },
    },
    { principal: labelled, override: binary('*', { implicit: true }) },
  ];
  expect(
    permitTestsText(missing),
  ).toBe(`# Tests of the permits that Tracewright suggests for what it saw running.

- name: "shop/api (service), container app: allowedBinary:*"
  principal: {namespace: shop, name: api, labels: {team: shop}}
  overrides: [{id: "allowedBinary:*", container: app, implicit: true}]
  expect: {decision: allow, policies: ["permit:shop:api:app:allowedBinary:*"]}

- name: "shop/api (service): hostPID"
  principal: {namespace: shop, name: api, labels: {team: shop}}
  overrides: [{id: hostPID}]
  expect: {decision: allow, policies: ["permit:shop:api:pod:hostPID"]}

- name: "shop/web (deployment), container app: allowedBinary:/bin/sh"
  principal: {namespace: shop, name: web, kind: deployment}
  overrides: [{id: "allowedBinary:/bin/sh", container: app}]
  expect: {decision: allow, policies: ["permit:shop:web:app:allowedBinary:/bin/sh"]}
`);
});

test('workloads of one name and different kinds have permits of their own, and that of a service is for all', () => {
  const missing = ['job', 'service', 'deployment'].map((kind) => ({
    principal: { ...WEB, kind },
    override: binary('/bin/sh'),
  }));
  const id = 'permit:shop:web:app:allowedBinary:/bin/sh';
  expect(permitsText(missing).match(/@id\(".*"\)/g)).toEqual(
    [id, `${id}:deployment`, `${id}:job`].map((each) => `@id("${each}")`),
  );
  const tests: { expect: { policies: string[] } }[] = parse(permitTestsText(missing));
  expect(tests.map((each) => each.expect.policies)).toEqual([
    [id],
    [id, `${id}:deployment`],
    [id, `${id}:job`],
  ]);
});

test('an @id that would be too long ends in a hash', () => {
  const longest = '/'.padEnd(LIMITS.policyId - 'permit:shop:web:app:allowedBinary:'.length, 'a');
  const ids = [longest, `${longest}a`, `${longest}b`].map(
    (path) => /@id\("(.*)"\)/.exec(permitsText([{ principal: WEB, override: binary(path) }]))?.[1] ?? '',
  );
  expect(ids.map((id) => id.length)).toEqual([LIMITS.policyId, LIMITS.policyId, LIMITS.policyId]);
  expect(ids[0]).toBe(`permit:shop:web:app:allowedBinary:${longest}`);
  expect(ids[1]).toMatch(/^permit:shop:web:app:allowedBinary:\/a+:[0-9a-f]{16}$/);
  expect(new Set(ids).size).toBe(3);
});

test('the permits of a container share tests where there would be more than a version may have', () => {
  const missing = Array.from({ length: LIMITS.tests + 1 }, (_, index) => ({
    principal: WEB,
    override: binary(`/bin/${index}`),
  }));
  const each: unknown[] = parse(permitTestsText(missing.slice(1)));
  expect(each).toHaveLength(LIMITS.tests);
  const shared: { overrides: unknown[]; expect: { policies: string[] } }[] = parse(permitTestsText(missing));
  expect(shared.map(({ overrides }) => overrides.length)).toEqual([
    ...Array(10).fill(LIMITS.testOverrides),
    1,
  ]);
  expect(shared.flatMap((one) => one.expect.policies)).toHaveLength(LIMITS.tests + 1);
});

test('where nothing is missing, there is an empty list of tests', () => {
  expect(parse(permitTestsText([]))).toEqual([]);
});

test('of decisions, those that suggest a permit miss one, of the workload whose kind the permit names', () => {
  const workloads = ['service', 'deployment', 'job'].map((kind) => ({ ...WEB, kind, labels: { kind } }));
  const override = binary('/bin/sh');
  const decided = { ...override, service: 'shop/web', override: override.id };
  const decisions = [
    { ...decided, suggestedPermit: suggestPermit({ ...WEB, kind: 'job' }, override) },
    decided,
    { ...decided, suggestedPermit: suggestPermit({ ...WEB, kind: 'service' }, override) },
    { ...decided, service: 'shop/other', suggestedPermit: suggestPermit(WEB, override) },
  ];
  expect(missingPermits(workloads, decisions)).toEqual([
    { principal: workloads[2], override },
    { principal: workloads[0], override },
  ]);
});
