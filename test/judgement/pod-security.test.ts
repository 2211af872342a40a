import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DecisionSchema } from '../../src/http/decision-schema.ts';
import { CONTROLS, restrictedPod } from '../support/pod-security.ts';
import { app, service } from '../support/services.ts';
import { compilation, postJson, problem, publish } from '../support/worker.ts';

const Answer = z.looseObject({ decisions: z.array(DecisionSchema) });
const NOTHING = 'forbid (principal, action, resource) when { resource.override_id == "no such" };';

const podOf = (spec: unknown) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec,
});
/** What is decided about a body where no policy permits anything, each as `<override>`, with `(implicit)`. */
async function denied(body: unknown, set = 'pod-security'): Promise<string[]> {
  const response = await postJson(`/authorize?policySet=${set}`, body);
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(/^200 /);
  const { decisions } = Answer.parse(JSON.parse(text));
  expect(decisions.filter(({ decision }) => decision === 'allow')).toEqual([]);
  return decisions.map(({ override, implicit }) => `${override}${implicit ? ' (implicit)' : ''}`);
}

beforeAll(async () => {
  await publish(NOTHING, 'pod-security', { settings: { authorizeEntrypoints: false, authorizeUnset: true } });
  await publish(NOTHING, 'spelt-out');
});

describe.each(CONTROLS)('$level: $name', ({ violations }) => {
  test.each(violations.map(([spec, asked]) => ({ spec, asked })))(
    'is denied by name: $asked',
    async ({ spec, asked }) => {
      expect(await denied(podOf(spec))).toEqual(asked);
      const { denials = [] } = await problem(
        await postJson('/compile?policySet=pod-security', podOf(spec)),
        'overrides-denied',
      );
      expect(denials).toHaveLength(asked.length);
    },
  );

  test('what is left out is asked for by the setting authorizeUnset alone', async () => {
    for (const [spec, asked] of violations)
      expect(await denied(podOf(spec), 'spelt-out')).toEqual(
        asked.filter((each) => !each.endsWith(' (implicit)')),
      );
  });
});

describe('a pod of the restricted level', () => {
  test('asks for nothing, and is compiled', async () => {
    expect(await denied(podOf(restrictedPod()))).toEqual([]);
    await compilation(await postJson('/compile?policySet=pod-security', podOf(restrictedPod())));
  });

  test('of Windows need not say what Windows does not have', async () => {
    const spec = restrictedPod(
      { securityContext: undefined },
      {},
      { os: { name: 'windows' }, securityContext: { runAsNonRoot: true } },
    );
    expect(await denied(podOf(spec))).toEqual([]);
  });

  test('with a user namespace of its own may leave the user out', async () => {
    const spec = restrictedPod(
      {},
      {},
      { hostUsers: false, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    );
    expect(await denied(podOf(spec))).toEqual([]);
  });

  test('must say so in each container that inherits nothing', async () => {
    const bare = { name: 'bare', image: 'b:1', command: ['/b'] };
    const { containers, ...pod } = restrictedPod();
    const spec = { ...pod, containers: [...z.array(z.unknown()).parse(containers), bare] };
    const asked = await denied(podOf(spec));
    expect(asked).toHaveLength(15);
    expect(asked).toContain('allowPrivilegeEscalation (implicit)');
  });
});

test('Lattice documents are not asked what they leave out', async () => {
  expect(await denied(service([app()]))).toEqual([]);
});
