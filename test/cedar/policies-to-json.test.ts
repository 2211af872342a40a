import { type PolicyJson, policyToJson } from '@cedar-policy/cedar-wasm/web';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measuring, reading } from '../../src/cedar/many-policies.ts';
import { atOnce } from '../../src/cedar/pieces.ts';
import { policiesToJson } from '../../src/cedar/policies-to-json.ts';
import { policyExtent } from '../../src/cedar/policy-extent.ts';
import { readPolicy } from '../../src/cedar/policy-text.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { world } from '../support/policy-worlds.ts';
import { runs } from '../support/runs.ts';

const measured = (texts: readonly string[]): { text: string; extent: ReturnType<typeof policyExtent> }[] =>
  texts.map((text) => ({ text, extent: policyExtent(text) }));

/** The JSON form of a policy that is read alone; undefined when Cedar cannot read it. */
function alone(text: string): PolicyJson | undefined {
  const answer = policyToJson(text);
  return answer.type === 'success' ? answer.json : undefined;
}

/** The texts whose form is another one than each has alone, down to the order of the keys. */
function different(texts: readonly string[], ask?: Parameters<typeof policiesToJson>[1]): string[] {
  const forms = policiesToJson(measured(texts), ask);
  return texts.filter((text, at) => {
    const form = forms[at];
    return form !== undefined && JSON.stringify(form) !== JSON.stringify(alone(text));
  });
}

const HEADS = [
  'permit(principal,action,resource)',
  '@id("a")\npermit (\n  principal,\n  action,\n  resource\n)',
  '// why\n@reason("a, b: (c) {d} // e")@id("a")forbid(principal==A::B::"c",action==Action::"d",resource==E::"")',
  'permit (principal in A::"x", action in N::Action::"y", resource in B::"z")',
  'permit (principal is A::B, action in [Action::"y" , N::Action::"z,]"], resource is C in D::"e")',
];
const CLAUSES = [
  '',
  ' when { true }',
  'unless{false}when{principal.name like "{*" && {a: {b: "}"}}.a.b == "\\"}"}',
  ' // } \n when // {\n { // }\n true } unless { resource == A::"//" }',
  ' when { if context.a then true else [1, 2].contains(3) } // the last',
];
const USUAL = HEADS.flatMap((head) => CLAUSES.map((clauses) => `${head}${clauses}\n;// end`));

describe('policies that are written as usual', () => {
  test('are read together, and each has the form that it has alone', () => {
    const forms = policiesToJson(measured(USUAL));
    expect(forms.map((form) => JSON.stringify(form))).toEqual(
      USUAL.map((text) => JSON.stringify(alone(text))),
    );
    expect(forms).not.toContain(undefined);
  });

  test('take a call of Cedar for many of them', () => {
    let calls = 0;
    const texts = Array.from(
      { length: 100 },
      (_, number) => `${HEADS[number % 5]} when { principal.name == "${number}" };`,
    );
    const forms = policiesToJson(measured(texts), (text) => {
      calls += 1;
      return policyToJson(text);
    });
    expect(forms).not.toContain(undefined);
    expect(calls).toBeLessThanOrEqual(3);
  });

  test('are put together only as far as one policy may be deep and large', () => {
    const long = (parts: number): string => `${HEADS[0]} when { ${'true || '.repeat(parts / 3)}true };`;
    const texts = [
      ...Array.from({ length: 200 }, () => `${HEADS[0]}${' unless { false }'.repeat(7)};`),
      ...Array.from({ length: 40 }, () => `${HEADS[0]} when { ${'('.repeat(18)}true${')'.repeat(18)} };`),
      ...Array.from({ length: 40 }, () => long(150)),
      ...Array.from({ length: 40 }, () => `${HEADS[0]} when { principal.name like "${'a*'.repeat(400)}" };`),
    ];
    const forms = policiesToJson(measured(texts), (text) => {
      const { depth, parts, patterns } = policyExtent(text);
      expect(depth).toBeLessThanOrEqual(LIMITS.policyDepth);
      expect(parts).toBeLessThanOrEqual(LIMITS.policyParts);
      expect(patterns).toBeLessThanOrEqual(LIMITS.policyPatterns);
      return policyToJson(text);
    });
    expect(forms.filter((form) => form === undefined).length).toBeLessThan(50);
    expect(different(texts)).toEqual([]);
  });
});

describe('a policy is left to be read alone', () => {
  const sound = `${HEADS[1]} when { true };`;

  test.each([
    ['an escape in an annotation', '@id("a\\n")permit(principal,action,resource);'],
    ['an annotation without a value', '@id permit(principal,action,resource);'],
    ['an annotation twice', '@id("a")@id("b")permit(principal,action,resource);'],
    ['a comment that looks like an annotation', '@id("a")//@reason("b")\npermit(principal,action,resource);'],
    [
      'a comment that looks like an action',
      'permit(principal,action in [Action::"a",//Action::"b",\nAction::"c"],resource);',
    ],
    ['letters beyond ASCII', '@id("ü")permit(principal,action,resource);'],
    ['a word of Cedar as a type', 'permit(principal == if::"a",action,resource);'],
    ['a type of Cedar itself', 'permit(principal == __cedar::A::"a",action,resource);'],
    ['an action that is none', 'permit(principal,action == A::"a",resource);'],
    ['a slot', 'permit(principal == ?principal,action,resource);'],
    ['other variables', 'permit(resource,action,principal);'],
    ['no semicolon', 'permit(principal,action,resource)'],
    ['two policies', 'permit(principal,action,resource);permit(principal,action,resource);'],
    ['an open clause', 'permit(principal,action,resource) when { {a: 1} ;'],
    ['a closed clause too much', 'permit(principal,action,resource) when { true } };'],
    ['an unclosed string', 'permit(principal,action,resource) when { "} };'],
    ['another space', 'permit(principal,action,resource)\u00a0when { true };'],
    ['great length', `permit(principal,action,resource)${' '.repeat(20_000)};`],
    ['great depth', `permit(principal,action,resource) when { ${'('.repeat(25)}true${')'.repeat(25)} };`],
  ])('with %s', (_, text) => {
    const forms = policiesToJson(measured([sound, text, sound]));
    expect(forms).toEqual([alone(sound), undefined, alone(sound)]);
  });

  test.each([
    ['whose condition is none', `${HEADS[0]} when { true && };`],
    ['whose parenthesis another closes', `${HEADS[0]} when { (true };`],
    ['with a slot in a clause', `${HEADS[0]} when { principal == ?principal };`],
  ])('%s, and so are those beside it', (_, text) => {
    const closing = `${HEADS[0]} when { true) };`;
    expect(policiesToJson(measured([sound, text, closing]))).toEqual([undefined, undefined, undefined]);
  });

  test('when Cedar fails, or answers with other clauses', () => {
    const texts = [sound, sound];
    const failing = (): never => {
      throw new Error('unreachable');
    };
    expect(policiesToJson(measured(texts), failing)).toEqual([undefined, undefined]);
    const fewer = (): ReturnType<typeof policyToJson> => policyToJson(sound);
    expect(policiesToJson(measured(texts), fewer)).toEqual([undefined, undefined]);
  });
});

const comment = fc.constantFrom('// a\n', '//@id("x")\r', '//");{}\r\n');
const space = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('', ' ', '\n', '\t') }, comment);

/** Random texts of policies: right ones, with comments and spaces, and some with a part too much or too little. */
const written = world(40).chain(({ policies }) =>
  fc.tuple(
    ...Object.entries(policies).map(([id, text]) =>
      fc
        .tuple(
          fc.constantFrom('', `@id(${JSON.stringify(id)})`, `@b("1") @id("${id}")\n@a("2")`),
          fc.array(space, { minLength: 4, maxLength: 4 }),
          fc.oneof(
            { weight: 20, arbitrary: fc.constant(undefined) },
            {
              weight: 1,
              arbitrary: fc.tuple(
                fc.nat(text.length),
                fc.nat(3),
                fc.constantFrom(
                  '',
                  '"',
                  '{',
                  '}',
                  '(',
                  ')',
                  ';',
                  '//',
                  '\\',
                  '@',
                  '::',
                  ' in ',
                  'when',
                  '\0',
                ),
              ),
            },
          ),
        )
        .map(([annotations, [a, b, c, d], fault]) => {
          const spaced = text
            .replace('(', `${a}(${b}`)
            .replace(/\) (when|unless|;)/, `)${c}$1`)
            .replace(/;$/, `${d};`);
          if (fault === undefined) return `${annotations}${spaced}`;
          const [at, length, part] = fault;
          return annotations + spaced.slice(0, at) + part + spaced.slice(at + length);
        }),
    ),
  ),
);

describe('random policies, right and faulty', () => {
  test('have the form that each has alone, where they have one', () => {
    let together = 0;
    let all = 0;
    fc.assert(
      fc.property(written, (texts) => {
        const forms = policiesToJson(measured(texts));
        together += forms.filter((form) => form !== undefined).length;
        all += texts.length;
        expect(different(texts)).toEqual([]);
      }),
      runs(400),
    );
    expect(together).toBeGreaterThan(all / 4);
    expect(together).toBeLessThan(all);
  });

  test('have the reading and the problems that each has alone', () => {
    fc.assert(
      fc.property(written, (texts) => {
        const readings = atOnce(reading(atOnce(measuring(texts.map((text) => ({ text }))))));
        expect(readings.map(([, found]) => found)).toEqual(texts.map((text) => readPolicy(text)));
      }),
      runs(100),
    );
  });

  test.each<[string, (conditions: PolicyJson['conditions']) => PolicyJson['conditions']]>([
    ['the order of the clauses', (conditions) => conditions.toReversed()],
    [
      'a clause',
      (conditions) => conditions.map((clause, at) => (at === 0 ? { ...clause, kind: 'unless' } : clause)),
    ],
    [
      'which policy a clause belongs to',
      ([first, ...others]) => (first === undefined ? [] : [...others, first]),
    ],
  ])('would not, if %s were wrong', (_, broken) => {
    const ask = (text: string): ReturnType<typeof policyToJson> => {
      const answer = policyToJson(text);
      if (answer.type === 'failure') return answer;
      return { ...answer, json: { ...answer.json, conditions: broken(answer.json.conditions) } };
    };
    const texts = USUAL.filter((text) => text.includes('when'));
    expect(different(texts, ask).length).toBeGreaterThan(0);
  });
});
