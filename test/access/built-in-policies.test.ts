import { policyToJson } from '@cedar-policy/cedar-wasm/web';
import { describe, expect, test } from 'vitest';
import text from '../../policies/management/access.cedar?raw';
import { AccessMemory } from '../../src/access/access-memory.ts';
import { BUILT_IN_FORMS } from '../../src/access/built-in-forms.ts';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { readForms } from '../../src/cedar/policy-forms.ts';
import { cutPolicies } from '../../src/cedar/policy-text.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';

/** The file that holds the policies as Cedar reads them. */
function fileOf(forms: unknown): string {
  return `/**
 * The policies of \`policies/management/access.cedar\` in Cedar's JSON form, in their order. A start of the Worker reads
 * them from here, because Cedar takes longer for that than for everything else that a start needs of it.
 *
 * Generated: \`npx vitest run test/access/built-in-policies.test.ts -u\`. Do not edit it.
 */
export const BUILT_IN_FORMS =
  '${JSON.stringify(forms).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';
`;
}

describe('the built-in policies', () => {
  test('are stored as Cedar reads them', async () => {
    const forms = cutPolicies(text, 1_000).map((policy) => {
      const answer = policyToJson(policy.text);
      return answer.type === 'success' ? answer.json : answer.errors;
    });
    await expect(fileOf(forms)).toMatchFileSnapshot('../../src/access/built-in-forms.ts');
  });

  test('are those of the file, with what Cedar tells of them', () => {
    const { policies, terms } = readCedarText(text);
    const read = readForms(text, BUILT_IN_FORMS);
    expect(read).toEqual({ policies, terms });
    expect(Object.keys(read.policies)).toEqual(Object.keys(policies));
  });

  test.each([
    ['a policy more than forms', `${text}\n@id("more") forbid (principal, action, resource);`],
    ['a form more than policies', text.slice(0, text.lastIndexOf('@id'))],
  ])('%s is an error, because a forbid could be left out', (_, changed) => {
    expect(() => readForms(changed, BUILT_IN_FORMS)).toThrow('The policies have changed');
  });

  test('are read once', () => {
    const memory = new AccessMemory(new CedarMemory());
    expect(memory.builtInPolicies()).toBe(memory.builtInPolicies());
  });
});
