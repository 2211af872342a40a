import { describe, expect, test } from 'vitest';
import { formerPolicyName, type PolicyIdentity, policyName } from '../../src/compiler/emit/policy-names.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { codesOf, tableOf } from './pages.ts';

function own(
  policy: string,
  name: string,
  kind: Workload['kind'] = 'service',
  container?: string,
): PolicyIdentity {
  const dialect = kind === 'deployment' ? 'kubernetes' : 'lattice';
  return { policy, workload: { dialect, kind, namespace: 'shop', name, suffix: '' }, container };
}

function grouped(policy: string, kind: string, object: string, suffix = ''): PolicyIdentity {
  const workload = {
    dialect: 'kubernetes' as const,
    kind,
    namespace: 'shop',
    name: `${object}${suffix}`,
    suffix,
  };
  return { policy, workload, container: undefined };
}

function shared(policy: string, variant: readonly string[], container?: string): PolicyIdentity {
  return { policy, variant, container };
}

describe('docs/policy-names.md', () => {
  test('has examples that are named so', () => {
    const examples = tableOf('docs/policy-names.md', 'How a policy is named').flatMap(([, , shown]) =>
      codesOf(shown),
    );
    expect(examples).toEqual([
      policyName(own('allow-binaries', 'api-server')),
      policyName(own('block-setuid', 'train-worker', 'job')),
      policyName(own('allow-binaries', 'web', 'deployment')),
      policyName(grouped('allow-binaries', 'rollout.argoproj.io', 'web')),
      policyName(grouped('block-setuid', 'raycluster.ray.io', 'train', '-head')),
      policyName(own('allow-binaries', 'web', 'deployment', 'app')),
      policyName(own('runtime-enforcement', 'api-server')),
      policyName(shared('block-capset', ['monitor', 'none'])),
      'lattice-baseline-runtime',
    ]);
  });

  test('has the names of earlier releases', () => {
    const identities = [
      own('allow-binaries', 'web', 'deployment'),
      own('allow-binaries', 'api-server', 'service', 'app'),
      shared('block-capset', ['none']),
      shared('block-rootfs-write', [], 'app'),
    ];
    const shown = tableOf('docs/policy-names.md', 'Names of earlier releases').map((row) =>
      row.map((cell) => codesOf(cell)[0]),
    );
    expect(shown).toEqual(identities.map((identity) => [formerPolicyName(identity), policyName(identity)]));
  });
});
