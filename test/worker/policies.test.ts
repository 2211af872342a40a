import { validate } from '@cedar-policy/cedar-wasm/web';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import entities from '../../policies/entities.json' with { type: 'json' };
import { authorize } from '../../src/cedar/authorize.ts';
import schema from '../../src/cedar/lattice.cedarschema?raw';
import { overrideCategory } from '../../src/compiler/overrides.ts';
import { VersionContentSchema } from '../../src/policy-sets/model.ts';
import { policiesOf } from '../support/worker.ts';

const files = z
  .record(z.string(), z.string())
  .parse(import.meta.glob('../../policies/*.cedar', { query: '?raw', import: 'default', eager: true }));
const policies = policiesOf(Object.values(files).join('\n'));

/** What the example set adds to the Lattice schema: teams, to which namespaces belong. */
const extended = schema
  .replace('entity Namespace;', 'entity Team;\n  entity Namespace in [Team];')
  .replace('entity Service in [Namespace]', 'entity Service in [Namespace, Team]');

describe('the example policies', () => {
  test('are valid for the Lattice schema with teams', () => {
    const answer = validate({ schema: extended, policies: { staticPolicies: policies } });
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
    expect(answer.validationErrors).toEqual([]);
  });

  test('a misspelt attribute would not be', () => {
    const answer = validate({
      schema: extended,
      policies: {
        staticPolicies: { bad: 'permit (principal, action, resource) when { principal.namspace == "x" };' },
      },
    });
    expect(
      answer.type === 'success' ? answer.validationErrors.map(({ policyId }) => policyId) : answer.errors,
    ).toEqual(['bad']);
  });

  test.each([
    ['production', 'api-server', 'allowedBinary:/usr/bin/curl', {}, 'allow payments-named-binaries'],
    ['production', 'api-server', 'allowedBinary:*', {}, 'deny no-wildcard-in-production'],
    ['production', 'gateway', 'capability:NET_BIND_SERVICE', {}, 'allow payments-gateway-low-port'],
    ['production', 'api-server', 'capability:NET_BIND_SERVICE', {}, 'deny '],
    ['media', 'image-processor', 'allowedBinary:/usr/bin/ffmpeg', {}, 'allow media-binaries'],
    ['media', 'encoder', 'readWriteRootFilesystem', { tier: 'batch' }, 'allow media-scratch-space'],
    ['media', 'encoder', 'readWriteRootFilesystem', {}, 'deny '],
    ['ci', 'build-runner', 'allowedBinary:*', {}, 'allow ci-runners-any-binary'],
    ['ci', 'other', 'allowedBinary:*', {}, 'deny '],
    ['infra', 'node-agent', 'hostPID', {}, 'allow platform-agents-host-access'],
    ['infra', 'node-agent', 'privileged', {}, 'deny never-privileged'],
    ['infra', 'node-agent', 'capability:SYS_ADMIN', {}, 'deny never-kernel-capabilities'],
  ])('%s/%s asks for %s %j: %s', (namespace, name, id, labels, expected) => {
    const category = overrideCategory(id);
    if (category === undefined) throw new Error(`no such override: ${id}`);
    const basis = {
      key: 'examples',
      policies,
      entities: VersionContentSchema.shape.entities.parse(entities),
    };
    const principal = {
      namespace,
      name,
      kind: 'service',
      labels: z.record(z.string(), z.string()).parse(labels),
    };
    const [decision] = authorize(basis, principal, [
      { id, category, container: 'c', image: undefined, implicit: false },
    ]);
    expect(`${decision?.decision} ${decision?.policies.map((policy) => policy.id).join(' ')}`).toBe(expected);
  });
});
