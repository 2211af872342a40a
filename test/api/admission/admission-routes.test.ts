import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import nodeExporter from '../../fixtures/node-exporter.yaml?raw';
import { deployment, running } from '../../support/kubernetes.ts';
import { postJson, problem, publish } from '../../support/worker.ts';

beforeAll(async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

const Review = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.strictObject({
    uid: z.string(),
    allowed: z.boolean(),
    status: z.looseObject({ code: z.number(), message: z.string() }).optional(),
    warnings: z.array(z.string()).optional(),
  }),
});

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

function reviewOf(request: object): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      operation: 'CREATE',
      namespace: 'shop',
      userInfo: { username: 'ada', groups: [] },
      dryRun: false,
      ...request,
    },
  };
}

async function review(request: object, path = '/admission'): Promise<z.output<typeof Review>['response']> {
  const response = await postJson(path, reviewOf(request));
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  const answer = Review.parse(JSON.parse(text)).response;
  expect(answer.uid).toBe(UID);
  return answer;
}

const privileged = (more: object = {}) =>
  running({ command: ['/bin/app'], securityContext: { privileged: true }, ...more });

describe('a new object', () => {
  test('is admitted when every override is permitted', async () => {
    expect(await review({ object: deployment() })).toEqual({ uid: UID, allowed: true });
  });

  test('is denied with the reasons and the fields', async () => {
    const message = 'privileged is denied for shop/web, container app: no policy permits it.';
    expect(await review({ object: privileged() })).toEqual({
      uid: UID,
      allowed: false,
      status: {
        code: 403,
        reason: 'Forbidden',
        message,
        details: {
          causes: [
            {
              reason: 'NoPermitPolicy',
              message,
              field: '/spec/template/spec/containers/0/securityContext/privileged',
            },
          ],
        },
      },
    });
    const { status } = await review({ namespace: 'monitoring', object: parse(nodeExporter) });
    expect(status?.message).toContain('hostPID is denied for monitoring/node-exporter');
  });

  test('that is not valid is denied with every fault', async () => {
    const { allowed, status } = await review({ object: running({ securityContext: { runasroot: true } }) });
    expect(allowed).toBe(false);
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(status?.message).toContain(
      '/spec/template/spec/containers/0/securityContext/runasroot: Unknown field',
    );
  });

  test('warns of what its author should know, shortly', async () => {
    const object = deployment({ hostPid2: 1, [`x${'y'.repeat(400)}`]: 1, 'z\n\u0007': 1 });
    const { allowed, warnings } = await review({ object: { ...object, metadata: { name: 'web' } } });
    expect(allowed).toBe(false);
    expect(warnings).toBeUndefined();
    const fine = await review({ object: deployment({ [`x${'y'.repeat(400)}`]: 1, 'zzz\n\u0007': 1 }) });
    expect(fine.warnings).toHaveLength(2);
    for (const warning of fine.warnings ?? []) expect(warning).toMatch(/^[^\p{C}]{1,256}$/u);
  });

  test.each([
    ['without a namespace of its own', { ...privileged(), metadata: { name: 'web' } }, 'shop/web'],
    ['without a name of its own', { ...privileged(), metadata: {} }, 'shop/given'],
    ['whose name the cluster makes', { ...privileged(), metadata: { generateName: 'web-' } }, 'shop/web'],
  ])('%s has that of the request', async (_, object, name) => {
    const { status } = await review({ object, name: 'given' });
    expect(status?.message).toContain(` ${name}, `);
  });

  test.each([
    ['a ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap' }, undefined],
    ['a scale', { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 3 } }, undefined],
  ])('%s is admitted, with a warning where containers go unjudged', async (_, object, warnings) => {
    const answer = await review({ object });
    expect(answer.allowed).toBe(true);
    expect(answer.warnings?.length).toBe(warnings);
  });

  test('a workload of an unknown kind is admitted by a permit for it alone, and with a warning', async () => {
    const stack = { ...privileged(), apiVersion: 'example.org/v1', kind: 'Stack' };
    const denied = await review({ object: stack });
    expect(denied.status?.message).toContain('unjudgedWorkload:example.org/Stack');
    await publish('permit (principal, action, resource) when { resource.category == "workload" };', 'stacks');
    const admitted = await review({ object: stack }, '/admission?policySet=stacks');
    expect(admitted).toMatchObject({ allowed: true, warnings: [expect.stringContaining('Stack')] });
  });

  test.each([
    ['kind', 'deployment'],
    ['apiVersion', 'apps/v1beta1'],
  ])('a wrong %s is denied', async (field, value) => {
    expect((await review({ object: { ...deployment(), [field]: value } })).status?.code).toBe(422);
  });
});

describe('a change', () => {
  const update = (object: unknown, oldObject: unknown) => review({ operation: 'UPDATE', object, oldObject });

  describe('of an object of another kind that had a fault before', () => {
    const pods = (security: object) => ({
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'a', command: ['/a'], noSuchField: { hostNetwork: true }, securityContext: security },
        ],
      },
    });
    const kruise = (kind: string, spec: object) => ({
      apiVersion: 'apps.kruise.io/v1alpha1',
      kind,
      metadata: { name: 'web' },
      spec,
    });
    const cloneSet = (replicas: number, security = {}) =>
      kruise('CloneSet', { replicas, selector: { matchLabels: { app: 'web' } }, template: pods(security) });
    const cron = (security = {}) =>
      kruise('AdvancedCronJob', {
        template: { broadcastJobTemplate: { spec: { template: pods(security) } } },
      });

    test.each<[string, object, object, boolean]>([
      ['is scaled', cloneSet(2), cloneSet(1), true],
      ['asks for more', cloneSet(1, { privileged: true }), cloneSet(1), false],
      ['asks for more in a template within a template', cron({ privileged: true }), cron(), false],
    ])('%s', async (_, object, oldObject, allowed) => {
      expect((await update(object, oldObject)).allowed).toBe(allowed);
    });
  });

  test('that asks for nothing new is admitted with a warning, even if its permit is gone', async () => {
    const { allowed, warnings } = await update(
      { ...privileged(), metadata: { name: 'web', annotations: {} } },
      privileged(),
    );
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      'privileged is denied for shop/web, container app: no policy permits it. The object had it before, so it may stay.',
    ]);
  });

  test.each<[string, unknown, unknown]>([
    ['asks for more', privileged(), deployment()],
    ['has another image', privileged({ image: 'app:2' }), privileged()],
    ['has no valid past', privileged(), { ...privileged(), spec: {} }],
    ['has no past', privileged(), null],
  ])('that %s is judged anew', async (_, object, oldObject) => {
    expect((await update(object, oldObject)).allowed).toBe(false);
  });

  test('of an image is judged anew also by what the pod as a whole asks for', async () => {
    const shares = (image: string) => running({ image, command: ['/bin/app'] }, { hostPID: true });
    expect((await update(shares('app:1'), shares('app:1'))).allowed).toBe(true);
    expect((await update(shares('app:2'), shares('app:1'))).allowed).toBe(false);
  });

  describe('of labels', () => {
    beforeAll(async () => {
      await publish(
        `permit (principal, action, resource) when { resource.category == "binary" };
         permit (principal, action, resource)
         when { resource.override_id == "privileged" && principal.hasTag("team") && principal.getTag("team") == "infra" };
         forbid (principal, action, resource)
         when { resource.override_id == "privileged" && principal.hasTag("tier") && principal.getTag("tier") == "pci" };`,
        'labels',
      );
    });
    const labelled = (labels: object) => ({ ...privileged(), metadata: { name: 'web', labels } });
    const relabel = async (object: object, oldObject: object) => {
      const response = await postJson(
        '/admission?policySet=labels',
        reviewOf({ operation: 'UPDATE', object, oldObject }),
      );
      return Review.parse(await response.json()).response.allowed;
    };

    test.each<[string, object, object, boolean]>([
      ['that no policy looks at', { quarantine: 'true' }, {}, true],
      ['that give it a permit', { team: 'infra' }, {}, true],
      ['that take its permit away', {}, { team: 'infra' }, false],
      ['of another owner, where neither has a permit', { team: 'shop' }, { team: 'web' }, true],
      ['for which it is forbidden', { tier: 'pci' }, {}, false],
      ['for which it was forbidden before', { tier: 'pci', a: 'b' }, { tier: 'pci' }, true],
    ])('%s: admitted %#', async (_, labels, before, allowed) => {
      expect(await relabel(labelled(labels), labelled(before))).toBe(allowed);
    });
  });

  test('of an object that is being deleted is admitted', async () => {
    const gone = { ...deployment(), metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect((await update(privileged(), gone)).allowed).toBe(true);
    // What the object itself says of it counts for nothing: anybody can write that.
    expect((await update({ ...privileged(), metadata: gone.metadata }, deployment())).allowed).toBe(false);
    expect((await review({ object: { ...privileged(), metadata: gone.metadata } })).allowed).toBe(false);
  });

  test.each(['DELETE', 'CONNECT'])('%s is admitted', async (operation) => {
    expect((await review({ operation, object: null, oldObject: privileged() })).allowed).toBe(true);
  });
});

describe('what a controller makes of a judged object', () => {
  const owner = (kind: string) => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    name: 'web',
    controller: true,
  });
  const pod = (kind = 'ReplicaSet') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'web-5d-', ownerReferences: [owner(kind)] },
    spec: { hostPID: true, containers: [{ name: 'a', command: ['/a'] }] },
  });
  const account = (name: string) => `system:serviceaccount:kube-system:${name}`;

  test.each([
    ['ReplicaSet', account('replicaset-controller'), true],
    ['StatefulSet', account('statefulset-controller'), true],
    ['DaemonSet', account('daemon-set-controller'), true],
    ['Job', account('job-controller'), true],
    ['ReplicaSet', 'system:kube-controller-manager', true],
    ['ReplicaSet', 'ada', false],
    ['ReplicaSet', account('job-controller'), false],
    ['ReplicaSet', 'system:serviceaccount:shop:replicaset-controller', false],
    ['Rollout', 'system:kube-controller-manager', false],
  ])('a Pod of a %s by %s: admitted %s', async (kind, username, allowed) => {
    expect((await review({ object: pod(kind), userInfo: { username } })).allowed).toBe(allowed);
  });

  test('a reference that is no controller’s counts for nothing', async () => {
    const object = {
      ...pod(),
      metadata: { name: 'p', ownerReferences: [{ ...owner('ReplicaSet'), controller: false }] },
    };
    expect((await review({ object, userInfo: { username: account('replicaset-controller') } })).allowed).toBe(
      false,
    );
  });
});

describe('what cannot be decided is an error, which the API server treats by failurePolicy', () => {
  test('a policy set that is not there', async () => {
    await problem(
      await postJson('/admission?policySet=nowhere', reviewOf({ object: deployment() })),
      'policy-set-not-found',
    );
  });

  test.each([
    ['no review', {}],
    ['another version', { ...reviewOf({}), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['no uid', reviewOf({ uid: undefined })],
    ['an unknown operation', reviewOf({ operation: 'PATCH' })],
  ])('%s', async (_, body) => {
    await problem(await postJson('/admission', body), 'invalid-request');
  });

  test('an object of another namespace than the request is not decided about', async () => {
    const object = { ...deployment(), metadata: { name: 'web', namespace: 'production' } };
    await problem(await postJson('/admission', reviewOf({ object })), 'forbidden');
    await problem(await postJson('/admission', reviewOf({ object, namespace: undefined })), 'forbidden');
  });

  test.each(['x', 1, []])('metadata that is %j is denied, not an error of ours', async (metadata) => {
    expect((await review({ object: { ...deployment(), metadata } })).status?.code).toBe(422);
  });
});
