import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Compiled, compile } from '../../../src/compiler/emit/compile.ts';
import {
  formerPolicyName,
  type PolicyIdentity,
  policyName,
} from '../../../src/compiler/emit/policy-names.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import { WORKLOAD_KINDS } from '../../../src/compiler/model/workload.ts';
import { checkManifests } from '../../support/manifests.ts';
import { compiled, faults, service, workloads } from '../../support/services.ts';

type Own = Extract<PolicyIdentity, { readonly workload: object }>;

function own(dialect: 'lattice' | 'kubernetes', kind: string, name: string, container?: string): Own {
  const known = WORKLOAD_KINDS.find((each) => each === kind);
  if (known === undefined) throw new Error(`no kind ${kind}`);
  return {
    policy: 'allow-binaries',
    workload: { dialect, kind: known, namespace: 'shop', name, suffix: '' },
    container,
  };
}

function grouped(kind: string, object: string, suffix = '', container?: string): Own {
  return {
    policy: 'allow-binaries',
    workload: { dialect: 'kubernetes', kind, namespace: 'shop', name: `${object}${suffix}`, suffix },
    container,
  };
}

describe('the name of a policy', () => {
  test.each<[PolicyIdentity, string]>([
    [own('lattice', 'service', 'web'), 'allow-binaries-web'],
    [own('lattice', 'job', 'train-worker'), 'allow-binaries-train-worker'],
    [own('lattice', 'service', 'web', 'app'), 'allow-binaries-web--app'],
    [own('kubernetes', 'deployment', 'web'), 'allow-binaries-web--deployment'],
    [own('kubernetes', 'job', 'web'), 'allow-binaries-web--job'],
    [own('kubernetes', 'deployment', 'web', 'app'), 'allow-binaries-web--deployment--app'],
    [own('kubernetes', 'deployment', 'web.app'), 'allow-binaries-web--app--deployment'],
    [grouped('rollout.argoproj.io', 'web'), 'allow-binaries-web---rollout-argoproj-io'],
    [grouped('rollout.argoproj.io', 'web', '', 'app'), 'allow-binaries-web---rollout-argoproj-io--app'],
    [grouped('jobset.jobset.x-k8s.io', 'web', '-a'), 'allow-binaries-web--a---jobset-jobset-x-k8s-io'],
    [grouped('raycluster.ray.io', 'web', '-head'), 'allow-binaries-web--head---raycluster-ray-io'],
    [
      grouped('raycluster.ray.io', 'web', '-head', 'app'),
      'allow-binaries-web--head---raycluster-ray-io--app',
    ],
    [{ policy: 'block-setuid', variant: [], container: undefined }, 'lattice-block-setuid'],
    [
      { policy: 'block-capset', variant: ['monitor', 'none'], container: undefined },
      'lattice-block-capset--monitor--none',
    ],
    [
      { policy: 'block-capset', variant: ['none'], container: 'app' },
      'lattice-block-capset--none--container--app',
    ],
  ])('%j', (identity, expected) => {
    expect(policyName(identity)).toBe(expected);
  });

  test.each([
    ['a container named like a kind', own('lattice', 'service', 'web', 'deployment')],
    ['a name that holds --', own('kubernetes', 'deployment', 'web--app')],
    ['a container that holds --', own('lattice', 'service', 'web', 'a--b')],
    ['an object with a dot, of a kind with a group', grouped('rollout.argoproj.io', 'web.app')],
    ['a suffix that holds --', grouped('raycluster.ray.io', 'web', '-a--b')],
    ['a group that holds a hyphen', grouped('stack.ex-ample.org', 'web')],
    ['a container that looks like a hash', own('lattice', 'service', 'web', '0123456789abcdef'.repeat(2))],
  ])('ends in a hash for %s', (_, identity) => {
    expect(policyName(identity)).toMatch(/^allow-binaries-web.*--[0-9a-f]{32}$/);
  });

  test('is cut to what the agent can pin, and still tells long names apart', () => {
    const long = (end: string): string =>
      policyName(own('kubernetes', 'statefulset', `${'x'.repeat(240)}${end}`));
    expect(long('a')).toMatch(/^allow-binaries-x{180,}--[0-9a-f]{32}$/);
    expect(`shop:${long('a')}`).toHaveLength(251);
    expect(long('a')).not.toBe(long('b'));
  });

  test('was another one before for Kubernetes kinds and single containers', () => {
    expect(formerPolicyName(own('lattice', 'service', 'web'))).toBe('allow-binaries-web');
    expect(formerPolicyName(own('kubernetes', 'deployment', 'web', 'app'))).toBe('allow-binaries-web.app');
    expect(formerPolicyName({ policy: 'block-capset', variant: ['none'], container: 'app' })).toBe(
      'lattice-block-capset.none.container.app',
    );
  });
});

/** Names made of the words and the signs that policy names are made of themselves. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('web', 'app', 'a', 'none', 'monitor', 'container', 'x1') },
  { weight: 6, arbitrary: fc.constantFrom(...WORKLOAD_KINDS) },
  { weight: 1, arbitrary: fc.constantFrom('0'.repeat(32), 'f'.repeat(32)) },
);
const joined = (signs: readonly string[], maxLength: number) =>
  fc
    .array(fc.tuple(word, fc.constantFrom(...signs)), { minLength: 1, maxLength })
    .map((parts) => parts.flat().slice(0, -1).join(''));
const label = joined(['-', '--', '---'], 3).filter((text) => text.length <= 63);
const container = fc.option(label, { nil: undefined });
const policy = fc.constantFrom('allow-binaries', 'block-capset', 'runtime-enforcement');
const namespace = fc.constantFrom('shop', 'web', 'n'.repeat(63));

const identity: fc.Arbitrary<PolicyIdentity> = fc.oneof(
  fc.record({
    policy,
    workload: fc.oneof(
      fc.record({
        dialect: fc.constant('lattice' as const),
        kind: fc.constantFrom('service' as const, 'job' as const, 'model' as const),
        namespace,
        name: label,
        suffix: fc.constant(''),
      }),
      fc.record({
        dialect: fc.constant('kubernetes' as const),
        kind: fc.constantFrom('deployment' as const, 'job' as const, 'pod' as const, 'cronjob' as const),
        namespace,
        name: fc.oneof(
          { weight: 9, arbitrary: joined(['-', '--', '.'], 4) },
          { weight: 1, arbitrary: label.map((text) => `${'y'.repeat(200)}${text}`) },
        ),
        suffix: fc.constant(''),
      }),
      fc
        .record({
          kind: fc.constantFrom(
            'job.web.app',
            'job.web-app',
            'web.a.app',
            'job.a',
            'none.deployment',
            'job.web.x-k8s.io',
            'job.web.x.k8s.io',
            'job.web-x.k8s.io',
          ),
          namespace,
          object: joined(['-', '--', '.'], 3),
          suffix: fc.oneof(
            fc.constant(''),
            joined(['-', '--', '.'], 2).map((text) => `-${text}`),
          ),
        })
        .map(({ object, suffix, ...each }) => ({
          ...each,
          dialect: 'kubernetes' as const,
          name: `${object}${suffix}`,
          suffix,
        })),
    ),
    container,
  }),
  fc.record({
    policy,
    variant: fc.subarray(['monitor', 'host-pid', 'kill', 'none', '9123683e', 'a80425fb']),
    container,
  }),
);

/** What the cluster tells policies apart by, and what we do. */
function identityKey(each: PolicyIdentity): string {
  if ('variant' in each) return JSON.stringify(['cluster', each.policy, each.variant, each.container]);
  const { dialect, kind, namespace: space, name, suffix } = each.workload;
  // Lattice kinds of one name have one pod label too, so they are one workload to the cluster.
  const told = dialect === 'lattice' ? 'lattice' : kind;
  return JSON.stringify([space, each.policy, told, name, suffix, each.container]);
}
function clusterKey(each: PolicyIdentity): string {
  return `${'variant' in each ? '' : each.workload.namespace}:${policyName(each)}`;
}

describe('whatever a policy is for', () => {
  test('no two share a name, none holds a dot, and the agent can pin each', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(identity, (each) => {
        const key = clusterKey(each);
        expect(key.length).toBeLessThanOrEqual(251);
        expect(policyName(each)).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        expect(seen.get(key) ?? identityKey(each)).toBe(identityKey(each));
        seen.set(key, identityKey(each));
      }),
      { numRuns: 30_000 },
    );
  });
});

function compiledText(text: string, options: Partial<CompileOptions>): Compiled[] {
  return workloads(text).map((each) => {
    const result = compile(each, { ...DEFAULT_OPTIONS, ...options });
    checkManifests(result.manifests);
    return result;
  });
}

describe('workloads of one name', () => {
  const pair = readFileSync('test/fixtures/one-name-two-kinds.yaml', 'utf8');
  const names = (text: string, scope: 'pod' | 'container' = 'pod'): string[] =>
    compiledText(text, { scope }).flatMap(({ manifests }) => manifests.map(({ metadata }) => metadata.name));

  test('a Deployment and a Job are both compiled, to policies of different names', () => {
    const all = names(pair);
    expect(all).toContain('allow-binaries-web--deployment');
    expect(all).toContain('allow-binaries-web--job');
    expect(new Set(all).size).toBe(all.length);
  });

  test('one that is named as a container of the other would be gives other names', () => {
    const victim = readFileSync('test/fixtures/policy-name-victim.yaml', 'utf8');
    const other = readFileSync('test/fixtures/policy-name-other.yaml', 'utf8');
    const both = new Set([...names(victim, 'container'), ...names(other)]);
    expect(both.size).toBe(4);
  });

  test.each([
    ['the same kind twice', `${pair}\n---\n${pair}`],
    [
      'two kinds of Lattice, whose policies and pods have the same names',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          service([{ name: 'a', command: ['/a'] }]),
          {
            apiVersion: 'lattice.dev/v1alpha1',
            kind: 'LatticeJob',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { workload: { containers: { a: { command: ['/a'] } } } },
          },
        ],
      }),
    ],
  ])('refused: %s', (_, text) => {
    expect(faults(text).join()).toContain('shop/web is in the body twice');
  });

  test('a LatticeJob and a Job of one name are two', () => {
    const lattice = {
      apiVersion: 'lattice.dev/v1alpha1',
      kind: 'LatticeJob',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { workload: { containers: { a: { command: ['/a'] } } } },
    };
    const native = pair.split('---').find((text) => text.includes('batch/v1'));
    expect(new Set(names(`${JSON.stringify(lattice)}\n---\n${native}`))).toEqual(
      new Set(['allow-binaries-web', 'block-capset-web', 'allow-binaries-web--job', 'block-capset-web--job']),
    );
  });
});

describe('the notice of former names', () => {
  test('tells once per workload what to delete', () => {
    const told = compiledText(readFileSync('test/fixtures/policy-name-victim.yaml', 'utf8'), {
      scope: 'container',
    }).flatMap(({ notices }) => notices.filter(({ code }) => code === 'PolicyRenamed'));
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toContain('allow-binaries-web.app, block-capset-web.app');
  });

  test('says nothing where no name changed', () => {
    const { notices } = compiled(service([{ name: 'a', command: ['/a'] }]));
    expect(notices).toEqual([]);
  });
});
