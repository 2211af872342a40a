import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import apiServer from '../../examples/api-server.yaml?raw';
import { caseText, postCase } from '../support/cases.ts';
import { running } from '../support/kubernetes.ts';
import { told } from '../support/manifests.ts';
import { compilation, postJson, postYaml, problem, publish } from '../support/worker.ts';

beforeEach(async () => {
  await publish(
    '@id("binaries") permit (principal, action, resource) when { resource.category == "binary" };',
  );
});

const Asked = z.looseObject({
  decisions: z.array(
    z.looseObject({
      service: z.string(),
      override: z.string(),
      container: z.string().optional(),
      pointer: z.string(),
      decision: z.string(),
    }),
  ),
});

/** What a body asks for, each as `<service> <container> <override> <pointer>`; binaries are left out. */
async function asked(response: Response): Promise<string[]> {
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  return Asked.parse(JSON.parse(text))
    .decisions.filter(({ override }) => !override.startsWith('allowedBinary:'))
    .map(
      ({ service, container, override, pointer }) =>
        `${service} ${container ?? 'pod'} ${override} ${pointer}`,
    );
}

const POD = '/spec/template/spec';
const CONTAINER = `${POD}/containers/0`;

describe('what is asked for, and where', () => {
  test.each<[string, string[]]>([
    ['items.configmap.yaml', ['shop/settings pod unjudgedWorkload:core/ConfigMap /items/0']],
    [
      'items.configmaplist.yaml',
      [
        'shop/evil pod hostPID /items/0/spec/hostPID',
        'shop/evil a privileged /items/0/spec/containers/0/securityContext/privileged',
      ],
    ],
    [
      'replicationcontroller.yaml',
      [
        `shop/evil pod hostPID ${POD}/hostPID`,
        `shop/evil a privileged ${CONTAINER}/securityContext/privileged`,
      ],
    ],
    [
      'passes-undecided.replicationcontroller.yaml',
      [`shop/web web privileged ${CONTAINER}/securityContext/privileged`],
    ],
    ['drop-lower-case.all.yaml', []],
    [
      'drop-lower-case.net_raw.yaml',
      'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'
        .split(' ')
        .map((name) => `shop/web web capability:${name} ${CONTAINER}/securityContext/capabilities/drop`),
    ],
    [
      'no-override-exists.apparmor-annotation.yaml',
      [
        'shop/web web apparmor:Unconfined /spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1web',
      ],
    ],
    [
      'no-override-exists.selinux-type.yaml',
      [`shop/web web seLinux:spc_t ${CONTAINER}/securityContext/seLinuxOptions/type`],
    ],
    [
      'no-override-exists.hostprocess.yaml',
      [
        `shop/web pod hostNetwork ${POD}/hostNetwork`,
        `shop/web web windowsHostProcess ${POD}/securityContext/windowsOptions/hostProcess`,
      ],
    ],
    [
      'unjudged-fields.pod.yaml',
      [
        'shop/web pod automountServiceAccountToken /spec/volumes/1/projected/sources/0/serviceAccountToken',
        'shop/web pod hostPath:/ /spec/volumes/0/hostPath/path',
        'shop/web web hostPort:80 /spec/containers/0/ports/0/hostPort',
        'shop/web pod supplementalGroup:0 /spec/securityContext/fsGroup',
        'shop/web web windowsUser:containeradministrator /spec/containers/0/securityContext/windowsOptions/runAsUserName',
      ],
    ],
    [
      'defaults.job.yaml',
      [
        'ml/train-worker pod hostNetwork /spec/defaults/runtime/hostNetwork',
        'ml/train-worker main privileged /spec/defaults/workload/containers/main/security/privileged',
        'ml/train-worker agent privileged /spec/defaults/sidecars/agent/security/privileged',
      ],
    ],
    [
      'defaults.model.yaml',
      [
        'ml/llama-decode pod hostNetwork /spec/defaults/entryRuntime/hostNetwork',
        'ml/llama-decode main privileged /spec/defaults/entryWorkload/containers/main/security/privileged',
        'ml/llama-decode agent privileged /spec/defaults/entryRuntime/sidecars/agent/security/privileged',
      ],
    ],
    ['windows-pod.os.yaml', []],
    ['list-in-list.yaml', []],
  ])('%s', async (name, expected) => {
    const found = await asked(await postCase('/authorize', name));
    expect([...found].sort()).toEqual([...expected].sort());
    const compiled = await postCase('/compile', name);
    // Its pod has no labels.
    if (name === 'items.configmaplist.yaml') await problem(compiled, 'invalid-request');
    else if (expected.length === 0) await compilation(compiled);
    else
      expect(
        (await problem(compiled, 'overrides-denied')).denials?.map(({ override }) => override).sort(),
      ).toEqual(expected.map((each) => each.split(' ')[2]).sort());
  });

  test('each of several root groups is the root group once', async () => {
    const input = running(
      { command: ['/a'], securityContext: { runAsGroup: 1 } },
      { securityContext: { supplementalGroups: [7, 0] } },
    );
    expect(await asked(await postJson('/authorize', input))).toEqual([
      `shop/web pod supplementalGroup:0 ${POD}/securityContext/supplementalGroups/1`,
    ]);
  });

  test.each<[string, unknown, string[]]>([
    [
      'an SELinux user of the pod',
      { securityContext: { seLinuxOptions: { user: 'system_u' } } },
      [`shop/web app seLinux:user:system_u ${POD}/securityContext/seLinuxOptions/user`],
    ],
    [
      'confined SELinux types',
      { securityContext: { seLinuxOptions: { type: 'container_t', level: 's0:c1' } } },
      [],
    ],
    [
      'a token in a volume that only looks injected',
      {
        automountServiceAccountToken: false,
        volumes: [
          { name: 'kube-api-access-abcde', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        ],
      },
      [`shop/web pod automountServiceAccountToken ${POD}/volumes/0/projected/sources/0/serviceAccountToken`],
    ],
    [
      'a token that the API server injects',
      {
        volumes: [
          { name: 'kube-api-access-abcde', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        ],
      },
      [],
    ],
  ])('%s', async (_, pod, expected) => {
    const input = running({ command: ['/a'] }, z.looseObject({}).parse(pod));
    expect(await asked(await postJson('/authorize', input))).toEqual(expected);
  });

  test('an unmasked /proc is an override', async () => {
    const input = running({ command: ['/a'], securityContext: { procMount: 'Unmasked' } });
    expect(await asked(await postJson('/authorize', input))).toEqual([
      `shop/web app procMount:Unmasked ${CONTAINER}/securityContext/procMount`,
    ]);
  });

  test('the AppArmor annotation gives way to the field of the container, and may not contradict it', async () => {
    const key = 'container.apparmor.security.beta.kubernetes.io/app';
    const of = (annotation: string, type?: string, podType?: string) =>
      running(
        {
          command: ['/a'],
          ...(type === undefined ? {} : { securityContext: { appArmorProfile: { type } } }),
        },
        podType === undefined ? {} : { securityContext: { appArmorProfile: { type: podType } } },
        { annotations: { [key]: annotation } },
      );
    const at = `/spec/template/metadata/annotations/${key.replace('/', '~1')}`;
    expect(await asked(await postJson('/authorize', of('localhost/mine')))).toEqual([
      `shop/web app apparmor:Localhost ${at}`,
    ]);
    expect(await asked(await postJson('/authorize', of('runtime/default')))).toEqual([]);
    expect(await asked(await postJson('/authorize', of('unconfined', undefined, 'RuntimeDefault')))).toEqual([
      `shop/web app apparmor:Unconfined ${at}`,
    ]);
    expect(await asked(await postJson('/authorize', of('unconfined', 'Unconfined')))).toEqual([
      `shop/web app apparmor:Unconfined ${CONTAINER}/securityContext/appArmorProfile/type`,
    ]);
    const { faults } = await problem(
      await postJson('/authorize', of('unconfined', 'RuntimeDefault')),
      'invalid-request',
    );
    expect(faults?.map(({ pointer }) => pointer)).toEqual([at]);
  });
});

describe('lists', () => {
  test('a workload with items is refused: kubectl would apply those instead', async () => {
    const { faults } = await problem(await postCase('/compile', 'items.deployment.yaml'), 'invalid-request');
    expect(faults).toMatchObject([{ pointer: '/items' }]);
    expect(faults?.[0]?.message).toContain('kubectl makes a list of whatever has items');
  });

  test('a ResourceList belongs to /krm', async () => {
    const name = 'passes-undecided.resourcelist.yaml';
    const { faults } = await problem(await postCase('/compile', name), 'invalid-request');
    expect(faults).toMatchObject([{ pointer: '/kind', message: expect.stringContaining('send it to /krm') }]);
    expect((await postCase('/krm', name)).headers.get('tracewright-denials')).toBe('1');
  });

  test('an object that is no list and whose items hold a workload passes by a permit only, and is told why', async () => {
    const answer = await postCase('/compile', 'items.configmap.yaml');
    const { denials } = await problem(answer, 'overrides-denied');
    expect(denials?.map(({ override }) => override)).toEqual(['unjudgedWorkload:core/ConfigMap']);
    await publish(
      'permit (principal, action, resource == Lattice::SecurityOverride::"unjudgedWorkload:core/ConfigMap");',
    );
    const { manifests, notices } = await compilation(await postCase('/compile', 'items.configmap.yaml'));
    expect(manifests).toEqual([]);
    expect(told(notices)).toMatchObject([
      {
        code: 'UnknownWorkload',
        message: expect.stringContaining('kubectl would apply in place of the object'),
      },
    ]);
  });

  test('items without a kind are of the kind of their list', async () => {
    const { spec, metadata } = z
      .looseObject({ spec: z.unknown(), metadata: z.unknown() })
      .parse(running({ command: ['/a'], securityContext: { privileged: true } }));
    const list = { apiVersion: 'apps/v1', kind: 'DeploymentList', items: [{ metadata, spec }] };
    expect(await asked(await postJson('/authorize', list))).toEqual([
      `shop/web app privileged /items/0${CONTAINER}/securityContext/privileged`,
    ]);
  });
});

describe('objects of kinds that we do not know', () => {
  const stack = {
    apiVersion: 'example.org/v1',
    kind: 'Stack',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'a', image: 'a:1' }] } } },
  };

  const relaxed = { capabilities: { add: ['SYS_ADMIN'] }, runAsUser: 0 };
  test.each<[string, string, object]>([
    ['example.org/v1', 'Task', { steps: [{ name: 'x', image: 'i', securityContext: relaxed }] }],
    ['example.org/v1', 'Task', { steps: [{ name: 'x', image: 'i' }] }],
    ['example.org/v1', 'TaskRun', { podTemplate: { hostNetwork: true } }],
    ['example.org/v1', 'Workflow', { templates: [{ script: { image: 'i', source: 'x' } }] }],
    ['argoproj.io/v1alpha1', 'Workflow', { podSpecPatch: '{"hostPID": true}' }],
    ['example.org/v1', 'SparkApplication', { driver: { securityContext: relaxed } }],
    ['example.org/v1', 'Widget', { parts: [{ image: 'i', securityContext: {} }] }],
    ['example.org/v1', 'Widget', { Containers: [{ name: 'a', image: 'i' }] }],
    [
      'example.org/v1',
      'Widget',
      { podSecurity: { securityContext: { seccompProfile: { type: 'Unconfined' } } } },
    ],
  ])('a %s %s that tells of pods passes by a permit only: %j', async (apiVersion, kind, spec) => {
    const input = { apiVersion, kind, metadata: { name: 'web', namespace: 'shop' }, spec };
    const { denials } = await problem(await postJson('/compile', input), 'overrides-denied');
    expect(denials?.map(({ override }) => override)).toEqual([
      `unjudgedWorkload:${apiVersion.split('/')[0]}/${kind}`,
    ]);
  });

  test('what holds containers passes by a permit only, and nothing is made of it', async () => {
    const { denials } = await problem(await postJson('/compile', stack), 'overrides-denied');
    expect(denials).toMatchObject([
      {
        service: 'shop/web',
        override: 'unjudgedWorkload:example.org/Stack',
        category: 'workload',
        pointer: '/spec/template/spec/containers',
      },
    ]);
    await publish(
      'permit (principal, action, resource == Lattice::SecurityOverride::"unjudgedWorkload:example.org/Stack") when { principal.kind == "stack.example.org" && resource.category == "workload" };',
    );
    const answer = await compilation(await postJson('/compile', stack));
    expect(answer.manifests).toEqual([]);
    expect(told(answer.notices).map(({ code }) => code)).toEqual(['UnknownWorkload']);
  });

  test.each<[string, unknown]>([
    [
      'a schema',
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'x.example.org' },
        spec: { containers: { a: { image: 'x', name: 'y' } }, securityContext: { privileged: true } },
      },
    ],
    [
      'a LimitRange',
      { apiVersion: 'v1', kind: 'LimitRange', spec: { limits: [{ type: 'Container', default: {} }] } },
    ],
    [
      'a PodSecurityPolicy',
      { apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', spec: { privileged: true } },
    ],
    [
      'a ConfigMap',
      { apiVersion: 'v1', kind: 'ConfigMap', data: { pod: 'containers: [{name: a, image: b}]' } },
    ],
    [
      'a HelmRelease with values that look like parts of a pod',
      {
        apiVersion: 'helm.toolkit.fluxcd.io/v2',
        kind: 'HelmRelease',
        metadata: { name: 'redis', namespace: 'shop' },
        spec: {
          chart: { spec: { chart: 'redis' } },
          values: {
            hostNetwork: true,
            securityContext: { runAsUser: 0 },
            sidecars: [{ name: 'metrics', image: 'redis-exporter:1' }],
          },
        },
      },
    ],
    [
      'an Application with the values of a chart',
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'redis', namespace: 'argocd' },
        spec: { source: { chart: 'redis', helm: { values: 'securityContext:\n  privileged: true\n' } } },
      },
    ],
    [
      'a webhook',
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        webhooks: [{ name: 'a', rules: [{ resources: ['pods'] }] }],
      },
    ],
    [
      'a Kustomization',
      {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        images: [{ name: 'a', newTag: '1' }],
      },
    ],
  ])('%s passes', async (_, object) => {
    const answer = await compilation(await postJson('/compile', object));
    expect(told(answer.notices).map(({ code }) => code)).toEqual(['PassedThrough']);
  });
});

test.each([
  ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
  ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
  ['argoproj.io/v1alpha1', 'Application'],
])('a whole pod template in the values of a %s %s asks to pass', async (apiVersion, kind) => {
  const template = { spec: { containers: [{ name: 'a', securityContext: { privileged: true } }] } };
  const { denials = [] } = await problem(
    await postJson('/compile', {
      apiVersion,
      kind,
      metadata: { name: 'redis', namespace: 'shop' },
      spec: { values: { worker: template } },
    }),
    'overrides-denied',
  );
  expect(denials.map(({ override }) => override)).toEqual([
    `unjudgedWorkload:${apiVersion.split('/')[0]}/${kind}`,
  ]);
});

describe('defaults of Lattice jobs and models', () => {
  const job = (defaults: unknown, task: unknown) => ({
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeJob',
    metadata: { name: 'train', namespace: 'ml' },
    spec: { defaults, tasks: { worker: task } },
  });
  const workload = (containers: unknown) => ({ workload: { containers } });

  test('what they say of a binary is on the list, and stands where it was written', async () => {
    const input = job(
      workload([{ name: 'main', image: 'd:1', command: ['/bin/d'] }]),
      workload([{ name: 'main', securityContext: { allowedBinaries: ['/bin/own'] } }]),
    );
    await publish('permit (principal, action, resource);', 'default', {
      settings: { authorizeEntrypoints: true },
    });
    const { decisions } = await compilation(await postJson('/compile', input));
    expect(decisions.map(({ override, pointer }) => `${override} ${pointer}`)).toEqual([
      'allowedBinary:/bin/d /spec/defaults/workload/containers/0/command/0',
      'allowedBinary:/bin/own /spec/tasks/worker/workload/containers/0/securityContext/allowedBinaries/0',
    ]);
  });

  test('a task wins over them, field by field of a security context of either name', async () => {
    const input = job(
      workload({
        main: {
          command: ['/a'],
          security: { privileged: true, runAsUser: 0, capabilities: { add: ['BPF'] } },
        },
        extra: { command: ['/b'], security: { runAsGroup: 0 } },
      }),
      workload([{ name: 'main', securityContext: { privileged: false, capabilities: { drop: ['ALL'] } } }]),
    );
    const main = '/spec/defaults/workload/containers/main/security';
    expect((await asked(await postJson('/authorize', input))).sort()).toEqual([
      'ml/train-worker extra runAsRootGroup /spec/defaults/workload/containers/extra/security/runAsGroup',
      `ml/train-worker main capability:BPF ${main}/capabilities/add/0`,
      `ml/train-worker main runAsRoot ${main}/runAsUser`,
    ]);
  });

  test('a fault in them is told of once, where it stands', async () => {
    const input = job(
      workload({ main: { command: ['/a'], security: { runAsNonroot: true } } }),
      workload({}),
    );
    const twice = { ...input, spec: { ...input.spec, tasks: { a: workload({}), b: workload({}) } } };
    const { faults } = await problem(await postJson('/compile', twice), 'invalid-request');
    expect(faults?.map(({ pointer }) => pointer)).toEqual([
      '/spec/defaults/workload/containers/main/security/runAsNonroot',
    ]);
  });

  test.each<[string, object, string]>([
    [
      'defaults of nothing',
      { defaults: workload({ a: { image: 'a' } }), ...workload({ m: { command: ['/m'] } }) },
      '/spec/defaults/workload/containers',
    ],
    [
      'containers elsewhere',
      { ...workload({ m: { command: ['/m'] } }), rollout: { canary: workload({ a: { image: 'a' } }) } },
      '/spec/rollout/canary/workload/containers',
    ],
    [
      'a security context elsewhere',
      { ...workload({ m: { command: ['/m'] } }), extra: { securityContext: { runAsUser: 0 } } },
      '/spec/extra/securityContext',
    ],
  ])('%s is a fault', async (_, spec, pointer) => {
    const input = { ...job(undefined, undefined), spec };
    const { faults } = await problem(await postJson('/compile', input), 'invalid-request');
    expect(faults?.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  test('a backup hook is for the container that it names, and a relative one has no list', async () => {
    await publish('permit (principal, action, resource);');
    const input = (hook: object) => ({
      apiVersion: 'lattice.dev/v1alpha1',
      kind: 'LatticeService',
      metadata: { name: 'db', namespace: 'shop' },
      spec: {
        ...workload({ a: { command: ['/a'] }, b: { command: ['/b'] } }),
        backup: { hooks: { pre: [hook] } },
      },
    });
    const answer = await compilation(
      await postJson('/compile?scope=container', input({ container: 'b', command: ['/hook'] })),
    );
    const lists = answer.manifests
      .map(({ spec }) => JSON.stringify(spec))
      .filter((text) => text.includes('"/hook"'));
    expect(lists).toHaveLength(1);
    expect(lists[0]).toContain('"values":["b"]');
    const relative = await compilation(await postJson('/compile', input({ command: ['hook'] })));
    expect(relative.decisions.map(({ override, container }) => `${container} ${override}`)).toEqual([
      'a allowedBinary:*',
    ]);
    await problem(await postJson('/compile', input({ container: 'c', command: ['/x'] })), 'invalid-request');
  });
});

describe('policies of ours in a body', () => {
  test.each(['own-policy.app.yaml', 'own-policy.policies.yaml'])('%s is refused', async (name) => {
    // In the first one a key is not quoted that kubectl would read as false, which is refused before.
    if (name === 'own-policy.app.yaml') await problem(await postCase('/compile', name), 'malformed-body');
    const body = caseText(name).replace('{no: pod}', '{"no": pod}');
    const { faults } = await problem(await postYaml('/compile', body), 'invalid-request');
    expect(faults?.[0]).toMatchObject({ pointer: '/metadata/name' });
    expect(faults?.[0]?.message).toContain('says that it is one of ours');
  });

  test('a name of ours without our label is refused, another name passes', async () => {
    const policy = (name: string) => ({
      apiVersion: 'cilium.io/v1alpha1',
      kind: 'TracingPolicy',
      metadata: { name },
      spec: { kprobes: [] },
    });
    await problem(await postJson('/compile', policy('block-setuid-web')), 'invalid-request');
    await compilation(await postJson('/compile', policy('watch-setuid')));
  });
});

describe('as the API server reads it', () => {
  test('null in a map of strings is an empty string', async () => {
    await compilation(await postCase('/compile', 'null-is-empty.annotation.yaml'));
    await compilation(
      await postYaml(
        '/compile',
        'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b, labels: {app: a, tier: }}\nspec: {nodeSelector: {x: }, containers: [{name: a, command: [/a]}]}\n',
      ),
    );
  });

  test('an empty namespace is one left out', async () => {
    const answer = await compilation(await postCase('/compile?namespace=shop', 'empty-namespace.yaml'));
    expect(answer.services.map(({ service }) => service)).toEqual(['shop/web']);
    await problem(await postCase('/compile', 'empty-namespace.yaml'), 'invalid-request');
  });

  test('a ReplicationController selects by the labels of its template unless it says otherwise', async () => {
    await publish('permit (principal, action, resource);');
    const plain = await compilation(await postCase('/compile', 'replicationcontroller.yaml'));
    expect(plain.manifests.map(({ spec }) => spec.podSelector)).toEqual(
      plain.manifests.map(() => ({ matchLabels: { app: 'evil' } })),
    );
    const chosen = await compilation(
      await postCase('/compile', 'passes-undecided.replicationcontroller.yaml'),
    );
    expect(chosen.services.map(({ service }) => service)).toEqual(['shop/web']);
  });

  test('a stored PodTemplate is judged', async () => {
    const { metadata, spec } = z
      .looseObject({ metadata: z.looseObject({}), spec: z.looseObject({ template: z.unknown() }) })
      .parse(running({ command: ['/a'], securityContext: { privileged: true } }));
    const stored = { apiVersion: 'v1', kind: 'PodTemplate', metadata, template: spec.template };
    expect(await asked(await postJson('/authorize', stored))).toEqual([
      'shop/web app privileged /template/spec/containers/0/securityContext/privileged',
    ]);
  });

  test('seccomp annotations have no effect any more, and the author is told', async () => {
    const input = running(
      { command: ['/a'] },
      {},
      { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } },
    );
    const { notices } = await compilation(await postJson('/compile', input));
    expect(told(notices)).toMatchObject([{ code: 'IgnoredAnnotation', level: 'warning' }]);
  });
});

describe('what concerns security and is no override', () => {
  test('are told of', async () => {
    await publish('permit (principal, action, resource);');
    const { notices } = await compilation(await postCase('/compile', 'unjudged-fields.pod.yaml'));
    expect(
      told(notices)
        .map(({ code, pointer }) => `${code} ${pointer}`)
        .sort(),
    ).toEqual(['UnseenRuntime /spec/nodeName', 'UnseenRuntime /spec/runtimeClassName']);
    const own = await compilation(await postCase('/compile', 'hostusers.yaml'));
    expect(told(own.notices).map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'OwnUserNamespace /spec/hostUsers',
    ]);
  });

  test.each(['runc', 'crun', 'nvidia', 'nvidia-cdi'])('the runtime class %s is on the node', async (name) => {
    const input = running({ command: ['/a'] }, { runtimeClassName: name });
    expect(told((await compilation(await postJson('/compile', input))).notices)).toEqual([]);
  });

  test('a mounted token is asked about where it is for the API server', async () => {
    const tokens = ['vault', 'https://kubernetes.default.svc'].map((audience) => ({
      serviceAccountToken: { path: 't', audience },
    }));
    const input = running({ command: ['/a'] }, { volumes: [{ name: 'v', projected: { sources: tokens } }] });
    await publish('permit (principal, action, resource);');
    const { notices, decisions } = await compilation(await postJson('/compile', input));
    const source = `${POD}/volumes/0/projected/sources`;
    expect(told(notices)).toEqual([]);
    expect(decisions.map(({ override, pointer }) => `${override} ${pointer}`)).toEqual([
      `automountServiceAccountToken ${source}/1/serviceAccountToken`,
    ]);
  });

  test('a Windows pod has no policies and is told of', async () => {
    for (const pod of [{ os: { name: 'windows' } }, { nodeSelector: { 'kubernetes.io/os': 'windows' } }]) {
      const input = running({ command: ['C:\\app\\server.exe'] }, pod);
      const { manifests, notices, decisions } = await compilation(await postJson('/compile', input));
      expect({ manifests, decisions }).toEqual({ manifests: [], decisions: [] });
      expect(told(notices).map(({ code }) => code)).toEqual(['WindowsPod']);
    }
    const linux = running({}, { os: { name: 'linux' }, nodeSelector: { 'kubernetes.io/os': 'windows' } });
    const { decisions } = await compilation(await postJson('/compile', linux));
    expect(decisions.map(({ override }) => override)).toEqual(['allowedBinary:*']);
  });
});

describe('pods without labels', () => {
  const NAME = 'unlabelled-blocks-bundle.cronjob.yaml';
  const LABEL = { 'lattice.dev/cronjob': 'nightly' };

  test('do not stop the others: the answer has the label that they need, and says so', async () => {
    const answer = await compilation(await postCase('/compile', NAME));
    expect(answer.services).toMatchObject([
      {
        service: 'shop/nightly',
        podLabels: LABEL,
        labelPatch: {
          target: { kind: 'CronJob', name: 'nightly' },
          jsonPatch: [{ op: 'add', path: '/spec/jobTemplate/spec/template/metadata/labels', value: LABEL }],
        },
      },
      { service: 'shop/web', podLabels: {} },
    ]);
    expect(answer.kustomizeComponent).toContain('lattice.dev/cronjob');
    expect(answer.notices.filter(({ code }) => code === 'UnlabelledPods')).toMatchObject([
      { service: 'shop/nightly' },
    ]);
    const own = answer.manifests.filter(({ metadata }) =>
      answer.services[0]?.manifests.includes(metadata.name),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const { spec } of own) expect(spec.podSelector).toEqual({ matchLabels: LABEL });
    const text = await (await postCase('/compile?output=yaml', NAME)).text();
    expect(text).toContain(
      '# shop/nightly needs these labels on its pod template: lattice.dev/cronjob=nightly',
    );
  });

  test('alone are refused', async () => {
    const [cronjob = ''] = caseText(NAME).split('---');
    const { faults } = await problem(await postYaml('/compile', cronjob), 'invalid-request');
    expect(faults?.[0]?.message).toContain('have no labels');
  });
});

test('a bundle of more than a mebibyte is read, and one that is too large is told what to leave out', async () => {
  await publish('permit (principal, action, resource);');
  const map = (length: number) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dashboards}\ndata: {a: "${'x'.repeat(length)}"}\n`;
  const { notices } = await compilation(await postYaml('/compile', `${map(1_100_000)}---\n${apiServer}`));
  expect(notices.map(({ code }) => code)).toContain('PassedThrough');
  const { detail } = await problem(await postYaml('/compile', map(17_000_000)), 'body-too-large');
  expect(detail).toContain('Leave out what is no workload, such as CustomResourceDefinitions, ConfigMaps');
});

test('a package may not hold a policy of the name of one that the run adds', async () => {
  const list = (metadata: object) => ({
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [
      running({ command: ['/a'] }),
      { apiVersion: 'cilium.io/v1alpha1', kind: 'TracingPolicyNamespaced', metadata, spec: { kprobes: [] } },
    ],
  });
  const emitted = await compilation(await postJson('/compile', running({ command: ['/a'] })));
  const name = emitted.manifests[0]?.metadata.name;
  const managed = { 'lattice.dev/managed-by': 'lattice' };
  for (const metadata of [
    { name, namespace: 'shop' },
    { name },
    { name, namespace: 'shop', labels: managed },
  ]) {
    const { faults } = await problem(await postJson('/krm', list(metadata)), 'invalid-request');
    expect(faults).toMatchObject([{ pointer: '/items/1/metadata/name' }]);
  }
  expect((await postJson('/krm', list({ name, namespace: 'other' }))).status).toBe(200);
});

describe('what a workload of the body has made', () => {
  test('is skipped with a notice', async () => {
    const answer = await compilation(await postCase('/compile', 'cluster-dump.owned-pod.yaml'));
    expect(answer.services.map(({ service }) => service)).toEqual(['shop/web']);
    expect(told(answer.notices)).toMatchObject([
      { code: 'OwnedByJudged', service: 'shop/web', pointer: '/items/1' },
    ]);
  });

  test.each<[string, (text: string) => string]>([
    [
      'asks for more',
      (text) => text.replace('spec: {containers: [{', 'spec: {hostPID: true, containers: [{'),
    ],
    ['has another container', (text) => text.replace('{name: web, image', '{name: other, image')],
    ['runs another binary', (text) => text.replace(/\[\/app\/server\]\}\]\}\s*$/, '[/bin/sh]}]}')],
    ['is not selected', (text) => text.replace('labels: {app: web, pod', 'labels: {app: other, pod')],
    ['has an owner elsewhere', (text) => text.replace('name: web-5d9c7b9d4, uid', 'name: db-5d9c7b9d4, uid')],
    [
      'is stricter, and would lose its own policies',
      (text) =>
        text.replace(
          /command: \[\/app\/server\]\}\]\}\s*$/,
          'command: [/app/server], securityContext: {readOnlyRootFilesystem: true}}]}',
        ),
    ],
    ['has no controller', (text) => text.replace('controller: true', 'controller: false')],
  ])('but not what %s', async (_, change) => {
    const text = change(caseText('cluster-dump.owned-pod.yaml'));
    expect(text).not.toBe(caseText('cluster-dump.owned-pod.yaml'));
    await publish('permit (principal, action, resource);');
    const { services } = await compilation(await postYaml('/compile', text));
    expect(services).toHaveLength(2);
  });

  test('objects that own each other are judged all the same', async () => {
    const replicaset = (name: string, owner: string) => ({
      ...running({ command: ['/a'], securityContext: { privileged: true } }),
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: 'shop',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: '1', controller: true },
        ],
      },
    });
    const list = { apiVersion: 'v1', kind: 'List', items: [replicaset('a', 'b'), replicaset('b', 'a')] };
    expect(await asked(await postJson('/authorize', list))).toHaveLength(2);
  });
});

test('the webhook judges a ReplicationController', async () => {
  const answer = z
    .looseObject({
      response: z.looseObject({ allowed: z.boolean(), status: z.looseObject({ code: z.number() }) }),
    })
    .parse(await (await postCase('/admission', 'replicationcontroller.review.json')).json());
  expect(answer.response).toMatchObject({ allowed: false, status: { code: 403 } });
});
