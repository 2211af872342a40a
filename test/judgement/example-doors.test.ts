import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import nodeAgent from '../../examples/node-agent.yaml?raw';
import payments from '../../policies/10-payments.cedar?raw';
import media from '../../policies/20-media.cedar?raw';
import platform from '../../policies/30-platform.cedar?raw';
import guardrails from '../../policies/90-guardrails.cedar?raw';
import entities from '../../policies/entities.json';
import schema from '../../policies/schema.cedarschema?raw';
import tests from '../../policies/tests.yaml?raw';
import { DecisionSchema } from '../../src/http/decision-schema.ts';
import { create, point, published, write } from '../support/policy-sets.ts';
import { policiesOf, postYaml } from '../support/worker.ts';

const Answer = z.looseObject({ decision: z.string(), decisions: z.array(DecisionSchema) });

/** What the example policies decide about a text, each as `<override> <decision> <policies>`. */
async function decided(text: string): Promise<string[]> {
  const response = await postYaml('/authorize?policySet=example-doors', text);
  return Answer.parse(await response.json()).decisions.map(
    ({ override, decision, policies }) => `${override} ${decision} ${policies.map(({ id }) => id).join(' ')}`,
  );
}

beforeAll(async () => {
  await create('example-doors');
  const version = {
    policies: policiesOf([payments, media, platform, guardrails].join('\n')),
    schema,
    entities,
    tests: parse(tests),
  };
  await published(await write('POST', '/policy-sets/example-doors/versions', version));
  await point('example-doors', 1);
});

test('the example policies open the doors of a node agent', async () => {
  expect(await decided(nodeAgent)).toEqual([
    'hostPath:/var/log allow platform-agents-read-logs',
    'hostPort:9100 allow platform-agents-metrics-ports',
    'sysctl:net.ipv4.ip_forward allow platform-gateway-forwards',
  ]);
});

test.each([
  ['readOnly: true', 'readOnly: false', 'hostPath:/var/log deny '],
  ['path: /var/log', 'path: /', 'hostPath:/ deny never-the-heart-of-the-node'],
  ['path: /var/log', 'path: //etc/.', 'hostPath:/etc deny never-the-heart-of-the-node'],
  ['hostPort: 9100', 'hostPort: 443', 'hostPort:443 deny '],
  ['net.ipv4.ip_forward', 'kernel.msgmax', 'sysctl:kernel.msgmax deny '],
])('and no others: %s as %s', async (from, to, decision) => {
  expect(nodeAgent).toContain(from);
  expect(await decided(nodeAgent.replace(from, to))).toContain(decision);
});
