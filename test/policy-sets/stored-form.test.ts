import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IndexData } from '../../src/cedar/slicing/index-data.ts';
import { termsOfText } from '../../src/cedar/slicing/policy-source.ts';
import { type AttributeName, type Test, VARIABLES } from '../../src/cedar/slicing/policy-terms.ts';
import { digestOf } from '../../src/policy-sets/canonical.ts';
import { readIndex, readPolicyLine, writeIndex, writePolicy } from '../../src/policy-sets/stored-form.ts';
import { storedPolicies } from '../../src/policy-sets/stored-policies.ts';
import { contentOf } from '../support/write-version.ts';

/** One policy for each form of test, and for what no test is made of. */
const POLICIES = {
  scope:
    'permit (principal == Lattice::Service::"shop/web", action == Lattice::Action::"OverrideSecurity", resource);',
  groups:
    'permit (principal in Lattice::Namespace::"shop", action in [Lattice::Action::"OverrideSecurity"], resource is Lattice::SecurityOverride) when { principal in [Team::"red", Team::"blue"] };',
  guarded:
    'permit (principal, action, resource) when { context has container && ["app", "job"].contains(context.container) && !(principal has owner) };',
  attributes:
    'forbid (principal, action, resource) when { principal.namespace == "dots.in.it" || principal.namespace == "other" } unless { context.implicit || resource["a.b"] == 7 };',
  patterns:
    'permit (principal, action, resource) when { resource has path && resource.path like "/srv/*/bin" && principal.getTag("team") == "red" && principal in Team::"red" };',
  tags: '@reason("ours") @advice("ask") permit (principal, action, resource) when { principal.hasTag("team") && principal.getTag("team") == "red" };',
  labels:
    'permit (principal, action, resource) when { principal.labels.contains({ key: "team", value: "red" }) };',
  choice:
    'permit (principal, action, resource) when { if context.implicit then principal.name == "web" else true };',
  rest: 'permit (principal, action, resource) when { principal.team.critical && principal in Team::"red" };',
};

/** What the release that began index format 4 stores of these policies, on pages of about 700 characters. */
const INDEX = `{"digest":"sha256:dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d","rest":[0,1],"groups":[{"on":"principal.namespace","op":"one of","reads":[["principal.namespace",false,"scalar"]],"hashes":[3069163981,3848277589],"ordinals":[2,2]},{"on":"principal","op":"in","reads":[],"hashes":[2845542028],"ordinals":[3]},{"on":"context.container","op":"one of","reads":[["context.container",true,"scalar"]],"hashes":[817514474,1628748858],"ordinals":[4,4]},{"on":"principal.labels","op":"contains","reads":[["principal.labels",false,"set"]],"hashes":[1021315845],"ordinals":[5]},{"on":"resource.path","op":"like","reads":[],"given":[["resource.path","has",null,true]],"hashes":[4224688908],"ordinals":[6]},{"on":"principal","op":"==","reads":[],"hashes":[3525315959],"ordinals":[7]},{"on":"principal#team","op":"one of","reads":[["principal#team",true,"scalar"]],"hashes":[2252403770],"ordinals":[8]}],"entities":[],"settings":{"authorizeEntrypoints":false},"pages":[{"first":0,"digest":"sha256:ad4e4e05ee1c89e918ffbaaa36281b8a854eac595078ab988ca2a6aaae97f005"},{"first":3,"digest":"sha256:1fca51fe4f17bb91386d6dc30e7d43748a5f18d5a13a55f9e7fc04de3c2d651c"},{"first":5,"digest":"sha256:778e8569ee4969c10eb135518efac7e8fe26de1989ca344f654848e1a5249442"},{"first":8,"digest":"sha256:0755ebd0587da91674e3959594cbeb39d41ccda27db0ef10c1f48029853b4e4e"}]}`;
const PAGES = [
  String.raw`["choice","permit (principal, action, resource) when { if context.implicit then principal.name == \"web\" else true };","permit",{},[["","any",[[["context.implicit","holds",null,true],["principal.name","one of",["web"],true]],[["context.implicit","holds",null,false],["","any",[[]]]]]]]]
["rest","permit (principal, action, resource) when { principal.team.critical && principal in Team::\"red\" };","permit",{},[],{"variables":["principal"],"names":["Team::\"red\""]}]
["attributes","forbid (principal, action, resource) when { principal.namespace == \"dots.in.it\" || principal.namespace == \"other\" } unless { context.implicit || resource[\"a.b\"] == 7 };","forbid",{},[["principal.namespace","one of",["dots.in.it","other"],true],["context.implicit","holds",null,false],["resource.a.b","one of",[7],false]]]`,
  String.raw`["groups","permit (principal in Lattice::Namespace::\"shop\", action in [Lattice::Action::\"OverrideSecurity\"], resource is Lattice::SecurityOverride) when { principal in [Team::\"red\", Team::\"blue\"] };","permit",{},[["principal","in",["Lattice::Namespace::\"shop\""],true],["action","in",["Lattice::Action::\"OverrideSecurity\""],true],["resource","is","Lattice::SecurityOverride",true],["principal","in",["Team::\"red\"","Team::\"blue\""],true]]]
["guarded","permit (principal, action, resource) when { context has container && [\"app\", \"job\"].contains(context.container) && !(principal has owner) };","permit",{},[["context.container","has",null,true],["context.container","one of",["app","job"],true],["principal.owner","has",null,false]]]`,
  String.raw`["labels","permit (principal, action, resource) when { principal.labels.contains({ key: \"team\", value: \"red\" }) };","permit",{},[["principal.labels","contains","[[\"key\",\"team\"],[\"value\",\"red\"]]",true]]]
["patterns","permit (principal, action, resource) when { resource has path && resource.path like \"/srv/*/bin\" && principal.getTag(\"team\") == \"red\" && principal in Team::\"red\" };","permit",{},[["resource.path","has",null,true],["resource.path","like",["/srv/","/bin"],true]],{"variables":["principal","resource"],"names":["Team::\"red\""]}]
["scope","permit (principal == Lattice::Service::\"shop/web\", action == Lattice::Action::\"OverrideSecurity\", resource);","permit",{},[["principal","==","Lattice::Service::\"shop/web\"",true],["action","==","Lattice::Action::\"OverrideSecurity\"",true]]]`,
  String.raw`["tags","@reason(\"ours\") @advice(\"ask\") permit (principal, action, resource) when { principal.hasTag(\"team\") && principal.getTag(\"team\") == \"red\" };","permit",{"advice":"ask","reason":"ours"},[["principal#team","has",null,true],["principal#team","one of",["red"],true]]]`,
];

describe('index format 4', () => {
  test('is written byte for byte as the release that began it writes it', async () => {
    const { index, pages } = await storedPolicies(
      await digestOf('golden'),
      contentOf(POLICIES),
      undefined,
      700,
    );
    expect(index).toBe(`${await digestOf(INDEX)}\n${INDEX}`);
    expect([...pages.values()]).toEqual(PAGES);
  });

  test('is read as what the policies say', () => {
    const read = PAGES.flatMap((page) => page.split('\n')).map(readPolicyLine);
    expect(read).toEqual(
      ['choice', 'rest', 'attributes', 'groups', 'guarded', 'labels', 'patterns', 'scope', 'tags'].map(
        (id) => {
          const text = Object.entries(POLICIES).find(([name]) => name === id)?.[1] ?? '';
          return { id, text, terms: termsOfText(text) };
        },
      ),
    );
    expect(readIndex(JSON.parse(INDEX)).groups.map(({ key, reads }) => ({ key, reads }))).toEqual([
      {
        key: { op: 'one of', variable: 'principal', attribute: 'namespace' },
        reads: [{ variable: 'principal', attribute: 'namespace', guarded: false, type: 'scalar' }],
      },
      { key: { op: 'in', variable: 'principal' }, reads: [] },
      {
        key: { op: 'one of', variable: 'context', attribute: 'container' },
        reads: [{ variable: 'context', attribute: 'container', guarded: true, type: 'scalar' }],
      },
      {
        key: { op: 'contains', variable: 'principal', attribute: 'labels' },
        reads: [{ variable: 'principal', attribute: 'labels', guarded: false, type: 'set' }],
      },
      {
        key: {
          op: 'like',
          variable: 'resource',
          attribute: 'path',
          given: [{ op: 'has', variable: 'resource', attribute: 'path', wanted: true }],
        },
        reads: [],
      },
      { key: { op: '==', variable: 'principal' }, reads: [] },
      {
        key: { op: 'one of', variable: 'principal', attribute: 'team', tag: true },
        reads: [{ variable: 'principal', attribute: 'team', tag: true, guarded: true, type: 'scalar' }],
      },
    ]);
  });

  test.each([
    ['["id","permit …","permit",{},[["principal.name","<",1,true]]]', 'the test <'],
    ['["id","permit …","permit",{},[["caller","==","T::\\"a\\"",true]]]', 'the variable caller'],
    ['["id","permit …","permit",{},[["context","is","T",true]]]', 'a test of the context as an entity'],
  ])('is not %s', (line, what) => {
    expect(() => readPolicyLine(line)).toThrow(what);
  });
});

const entityVariable = fc.constantFrom('principal', 'action', 'resource');
const wanted = fc.boolean();
const attribute = fc.oneof(fc.constantFrom('a.b', '', '.', 'principal'), fc.string());
const name = { variable: fc.constantFrom(...VARIABLES), attribute };
const scalar = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean());
const attributeName = fc.oneof(
  fc.record(name),
  fc.record({ ...name, tag: fc.constant<true>(true) }),
) satisfies fc.Arbitrary<AttributeName>;
/** The same with the name of an attribute, or of a tag. */
const named = <T extends object>(record: fc.Arbitrary<T>) =>
  fc.tuple(record, attributeName).map(([fields, names]) => ({ ...fields, ...names }));
const singleTest = fc.oneof(
  fc.record({ op: fc.constant('=='), variable: entityVariable, uid: fc.string(), wanted }),
  fc.record({ op: fc.constant('in'), variable: entityVariable, uids: fc.array(fc.string()), wanted }),
  fc.record({ op: fc.constant('is'), variable: entityVariable, type: fc.string(), wanted }),
  named(fc.record({ op: fc.constant('has'), wanted })),
  named(fc.record({ op: fc.constant('one of'), values: fc.array(scalar), wanted })),
  named(fc.record({ op: fc.constant('holds'), wanted })),
  named(fc.record({ op: fc.constant('contains'), element: fc.string(), wanted })),
  named(fc.record({ op: fc.constant('like'), literals: fc.array(fc.string()), wanted })),
) satisfies fc.Arbitrary<Test>;
const anyTest = fc.oneof(
  singleTest,
  fc.record({ op: fc.constant('any'), sides: fc.array(fc.array(singleTest)) }),
) satisfies fc.Arbitrary<Test>;

test('a policy that is written and read again is the same', () => {
  const rest = fc.option(
    fc.record({ variables: fc.subarray([...VARIABLES]), names: fc.array(fc.string()) }),
    { nil: undefined },
  );
  const terms = fc.record({
    effect: fc.constantFrom('permit', 'forbid'),
    annotations: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    tests: fc.array(anyTest),
    rest,
  });
  fc.assert(
    fc.property(fc.record({ id: fc.string(), text: fc.string(), terms }), (policy) => {
      const written = writePolicy(policy);
      expect(written).not.toContain('\n');
      expect(readPolicyLine(written)).toEqual(policy);
    }),
  );
});

test('an index that is written and read again is the same', () => {
  const numbers = fc.array(fc.nat());
  const key = fc.oneof(
    fc.record({ op: fc.constantFrom('==', 'in'), variable: entityVariable }),
    named(fc.record({ op: fc.constantFrom('one of', 'contains') })),
    named(fc.record({ op: fc.constant('like'), given: fc.array(anyTest) })),
  ) satisfies fc.Arbitrary<IndexData['groups'][number]['key']>;
  const reads = fc.array(
    named(fc.record({ guarded: fc.boolean(), type: fc.constantFrom('scalar', 'boolean', 'set') })),
  );
  const groups = fc.array(fc.record({ key, reads, hashes: numbers, ordinals: numbers }));
  fc.assert(
    fc.property(fc.record({ rest: numbers, groups }), (index) => {
      expect(readIndex(JSON.parse(JSON.stringify(writeIndex(index))))).toEqual(index);
    }),
  );
});
