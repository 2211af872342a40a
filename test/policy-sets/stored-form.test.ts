import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IndexData } from '../../src/cedar/slicing/index-data.ts';
import { termsOfText } from '../../src/cedar/slicing/policy-source.ts';
import { type Test, VARIABLES } from '../../src/cedar/slicing/policy-terms.ts';
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
  rest: 'permit (principal, action, resource) when { resource.override_id like "host*" && principal.getTag("team") == "red" && principal in Team::"red" };',
};

/** What the release that began index format 4 stores of these policies, on pages of about 700 characters. */
const INDEX = `{"digest":"sha256:dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d","rest":[0],"groups":[{"on":"principal.namespace","op":"one of","reads":[["principal.namespace",false]],"hashes":[3069163981,3848277589],"ordinals":[1,1]},{"on":"principal","op":"in","reads":[],"hashes":[2845542028],"ordinals":[2]},{"on":"context.container","op":"one of","reads":[["context.container",true]],"hashes":[817514474,1628748858],"ordinals":[3,3]},{"on":"principal","op":"==","reads":[],"hashes":[3525315959],"ordinals":[4]}],"entities":[],"settings":{"authorizeEntrypoints":false},"pages":[{"first":0,"digest":"sha256:52cfbcbee6f638392cbb32b7a45818da9ad787cbda19589cdee0704a89133fec"},{"first":3,"digest":"sha256:931bd92d8935f2dc4093146f5d2c4285523714336e7d1fbf04d8de3a8bfd238b"}]}`;
const PAGES = [
  String.raw`["rest","permit (principal, action, resource) when { resource.override_id like \"host*\" && principal.getTag(\"team\") == \"red\" && principal in Team::\"red\" };",[],{"variables":["principal","resource"],"names":["Team::\"red\""]}]
["attributes","forbid (principal, action, resource) when { principal.namespace == \"dots.in.it\" || principal.namespace == \"other\" } unless { context.implicit || resource[\"a.b\"] == 7 };",[["principal.namespace","one of",["dots.in.it","other"],true],["context.implicit","holds",null,false],["resource.a.b","one of",[7],false]]]
["groups","permit (principal in Lattice::Namespace::\"shop\", action in [Lattice::Action::\"OverrideSecurity\"], resource is Lattice::SecurityOverride) when { principal in [Team::\"red\", Team::\"blue\"] };",[["principal","in",["Lattice::Namespace::\"shop\""],true],["action","in",["Lattice::Action::\"OverrideSecurity\""],true],["resource","is","Lattice::SecurityOverride",true],["principal","in",["Team::\"red\"","Team::\"blue\""],true]]]`,
  String.raw`["guarded","permit (principal, action, resource) when { context has container && [\"app\", \"job\"].contains(context.container) && !(principal has owner) };",[["context","has","container",true],["context.container","one of",["app","job"],true],["principal","has","owner",false]]]
["scope","permit (principal == Lattice::Service::\"shop/web\", action == Lattice::Action::\"OverrideSecurity\", resource);",[["principal","==","Lattice::Service::\"shop/web\"",true],["action","==","Lattice::Action::\"OverrideSecurity\"",true]]]`,
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
      ['rest', 'attributes', 'groups', 'guarded', 'scope'].map((id) => {
        const text = Object.entries(POLICIES).find(([name]) => name === id)?.[1] ?? '';
        return { id, text, terms: termsOfText(text) };
      }),
    );
    expect(readIndex(JSON.parse(INDEX)).groups.map(({ key, reads }) => ({ key, reads }))).toEqual([
      {
        key: { op: 'one of', variable: 'principal', attribute: 'namespace' },
        reads: [{ variable: 'principal', attribute: 'namespace', guarded: false }],
      },
      { key: { op: 'in', variable: 'principal' }, reads: [] },
      {
        key: { op: 'one of', variable: 'context', attribute: 'container' },
        reads: [{ variable: 'context', attribute: 'container', guarded: true }],
      },
      { key: { op: '==', variable: 'principal' }, reads: [] },
    ]);
  });

  test.each([
    ['["id","permit …",[["principal","like","web*",true]]]', 'the test like'],
    ['["id","permit …",[["caller","==","T::\\"a\\"",true]]]', 'the variable caller'],
    ['["id","permit …",[["context","is","T",true]]]', 'a test of the context as an entity'],
  ])('is not %s', (line, what) => {
    expect(() => readPolicyLine(line)).toThrow(what);
  });
});

const entityVariable = fc.constantFrom('principal', 'action', 'resource');
const wanted = fc.boolean();
const attribute = fc.oneof(fc.constantFrom('a.b', '', '.', 'principal'), fc.string());
const name = { variable: fc.constantFrom(...VARIABLES), attribute };
const scalar = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean());
const anyTest = fc.oneof(
  fc.record({ op: fc.constant('=='), variable: entityVariable, uid: fc.string(), wanted }),
  fc.record({ op: fc.constant('in'), variable: entityVariable, uids: fc.array(fc.string()), wanted }),
  fc.record({ op: fc.constant('is'), variable: entityVariable, type: fc.string(), wanted }),
  fc.record({ op: fc.constant('has'), ...name, wanted }),
  fc.record({ op: fc.constant('one of'), ...name, values: fc.array(scalar), wanted }),
  fc.record({ op: fc.constant('holds'), ...name, wanted }),
) satisfies fc.Arbitrary<Test>;

test('a policy that is written and read again is the same', () => {
  const rest = fc.option(
    fc.record({ variables: fc.subarray([...VARIABLES]), names: fc.array(fc.string()) }),
    { nil: undefined },
  );
  const terms = fc.record({ tests: fc.array(anyTest), rest });
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
    fc.record({ op: fc.constant('one of'), ...name }),
  ) satisfies fc.Arbitrary<IndexData['groups'][number]['key']>;
  const reads = fc.array(fc.record({ ...name, guarded: fc.boolean() }));
  const groups = fc.array(fc.record({ key, reads, hashes: numbers, ordinals: numbers }));
  fc.assert(
    fc.property(fc.record({ rest: numbers, groups }), (index) => {
      expect(readIndex(JSON.parse(JSON.stringify(writeIndex(index))))).toEqual(index);
    }),
  );
});
