import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../../src/access/identity.ts';
import { SettingsError } from '../../src/access/settings.ts';
import { CedarFailure } from '../../src/cedar/engine.ts';
import { problemOf } from '../../src/http/failure-problem.ts';
import { Problem } from '../../src/http/problems.ts';
import { PolicySetError } from '../../src/policy-sets/policy-set-error.ts';

describe('the problem of an error', () => {
  test.each([
    [new PolicySetError('policy-set-corrupt', 'why'), 'policy-set-corrupt'],
    [new SettingsError('why'), 'not-configured'],
    [new AuthenticationError('credentials-unavailable', 'why'), 'credentials-unavailable'],
  ])('%s is told in its own words', (error, problem) => {
    expect(problemOf(error)).toMatchObject({ problem, message: 'why' });
  });

  test.each([new CedarFailure('a secret'), new TypeError('a secret'), 'a secret'])(
    '%s says nothing of our insides',
    (error) => {
      expect(problemOf(error)).toMatchObject({
        problem: 'internal-error',
        message: 'The request could not be answered. It was logged.',
      });
    },
  );

  test('a problem is itself', () => {
    const problem = new Problem('forbidden', 'why');
    expect(problemOf(problem)).toBe(problem);
  });
});
