import { expect, test } from 'vitest';
import { termsOfText } from '../../../src/cedar/slicing/policy-source.ts';

const NAMESPACE = { op: 'one of', variable: 'principal', attribute: 'namespace' };
const IMPLICIT = { op: 'holds', variable: 'context', attribute: 'implicit' };
const TEAM = { variable: 'principal', attribute: 'team', tag: true };
const PATH = { variable: 'resource', attribute: 'path' };
const shop = { ...NAMESPACE, values: ['shop'], wanted: true };
const implicit = (wanted: boolean) => ({ ...IMPLICIT, wanted });

test.each<[condition: string, tests: readonly unknown[]]>([
  [
    'principal.hasTag("team") && principal.getTag("team") == "red"',
    [
      { op: 'has', ...TEAM, wanted: true },
      { op: 'one of', ...TEAM, values: ['red'], wanted: true },
    ],
  ],
  [
    '["red", "blue"].contains(principal.getTag("team"))',
    [{ op: 'one of', ...TEAM, values: ['red', 'blue'], wanted: true }],
  ],
  [
    'principal.labels.contains({ value: "red", key: "team" })',
    [
      {
        op: 'contains',
        variable: 'principal',
        attribute: 'labels',
        element: '[["key","team"],["value","red"]]',
        wanted: true,
      },
    ],
  ],
  [
    '!context.groups.contains("a")',
    [{ op: 'contains', variable: 'context', attribute: 'groups', element: '"a"', wanted: false }],
  ],
  // A choice between a literal and a condition is a conjunction.
  ['if context.implicit then false else principal.namespace == "shop"', [implicit(false), shop]],
  ['if context.implicit then principal.namespace == "shop" else false', [implicit(true), shop]],
  ['!(if context.implicit then true else principal.namespace != "shop")', [implicit(false), shop]],
  [
    'if context.implicit then true else principal.namespace == "shop"',
    [
      {
        op: 'any',
        sides: [
          [implicit(true), { op: 'any', sides: [[]] }],
          [implicit(false), shop],
        ],
      },
    ],
  ],
  [
    '!(context.implicit && principal.namespace != "shop")',
    [{ op: 'any', sides: [[implicit(false)], [shop]] }],
  ],
  [
    'context.implicit || principal.namespace == "shop" || resource has path',
    [{ op: 'any', sides: [[implicit(true)], [shop], [{ op: 'has', ...PATH, wanted: true }]] }],
  ],
  ['true', [{ op: 'any', sides: [[]] }]],
  ['false', [{ op: 'any', sides: [] }]],
])('when { %s } is decided by the request alone', (condition, tests) => {
  const terms = termsOfText(`permit (principal, action, resource) when { ${condition} };`);
  expect(terms).toEqual({ effect: 'permit', annotations: {}, tests, rest: undefined });
});

test.each<[pattern: string, literals: readonly string[]]>([
  ['/usr/*', ['/usr/', '']],
  ['*/bin/*', ['', '/bin/', '']],
  ['', ['']],
  ['*', ['', '']],
  ['a\\*b**', ['a*b', '', '']],
])('what the pattern "%s" matches is left to Cedar', (pattern, literals) => {
  const condition = `resource.path like "${pattern}" && principal in Team::"red"`;
  const terms = termsOfText(`@advice("ask") forbid (principal, action, resource) when { ${condition} };`);
  expect(terms).toEqual({
    effect: 'forbid',
    annotations: { advice: 'ask' },
    tests: [{ op: 'like', ...PATH, literals, wanted: true }],
    rest: { variables: ['principal', 'resource'], names: ['Team::"red"'] },
  });
});

test.each([
  'principal.team.critical',
  'principal.getTag(context.container) == "red"',
  'context.getTag("team") == "red"',
  'principal.labels.contains(context.container)',
  'principal.labels.contains({ key: "team", value: ["red"] })',
  'principal.port < 1024',
  'context.implicit || principal.port < 1024',
  'if principal.port < 1024 then context.implicit else true',
])('when { %s } is left to Cedar', (condition) => {
  const { tests, rest } = termsOfText(`permit (principal, action, resource) when { ${condition} };`);
  expect(tests).toEqual([]);
  expect(rest).toBeDefined();
});

test('choices within conditions of choices, which would double each time, are left to Cedar', () => {
  let condition = 'context.implicit';
  for (let depth = 0; depth < 12; depth += 1) condition = `if ${condition} then context.a else context.b`;
  const { tests, rest } = termsOfText(`permit (principal, action, resource) when { ${condition} };`);
  expect(tests).toEqual([]);
  expect(rest).toBeDefined();
});
