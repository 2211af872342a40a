import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ImpactSchema } from '../../src/api/policy-sets/impact.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { execEvent, toLines } from '../support/cluster-events.ts';
import { eventOf } from '../support/events.ts';
import { create, permit, point, published, write } from '../support/policy-sets.ts';
import { compilation, postJson, problem, send, sendAs } from '../support/worker.ts';

/** A kind with pods in the groups of its spec, in the shape of many operators. */
const WIDGET = {
  group: 'example.org',
  versions: ['v1', 'v1beta1'],
  kind: 'Widget',
  pods: [{ at: 'spec.groups[].template', suffix: '-{item.name}' }],
};
/** A kind that has the spec of a pod, without containers where anything would look for them. */
const RUNNER = {
  group: 'example.org',
  versions: ['v1'],
  kind: 'Runner',
  pods: [
    {
      at: 'spec.pod',
      shape: 'podSpec',
      selector: 'labels',
      labels: { runner: '{object.name}' },
      containerName: 'main',
    },
  ],
};
const KINDS = [WIDGET, RUNNER];

const container = (more: object = {}) => ({ name: 'app', image: 'a:1', command: ['/bin/app'], ...more });
const template = (more: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [container(more)] },
});
const widget = (more: object = {}, apiVersion = 'example.org/v1') => ({
  apiVersion,
  kind: 'Widget',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { groups: [{ name: 'front', template: template(more) }] },
});
const relaxed = { securityContext: { privileged: true } };
const AT = '/spec/groups/0/template/spec/containers/0/securityContext/privileged';

/** Makes a set whose active version adds kinds of workloads, and permits the binary `/bin/a`. */
async function make(
  name: string,
  workloadKinds: unknown,
  policies: object = { a: permit('a') },
): Promise<void> {
  await create(name);
  const content = { policies, settings: { workloadKinds } };
  await published(await write('POST', `/policy-sets/${name}/versions`, content));
  await point(name, 1);
}

beforeAll(async () => {
  await make('kinds', KINDS);
  await make('none', undefined);
});

const Decisions = z.looseObject({
  decisions: z.array(z.looseObject({ service: z.string(), override: z.string(), pointer: z.string() })),
});

async function decided(response: Response): Promise<string[]> {
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  return Decisions.parse(JSON.parse(text)).decisions.map(
    ({ service, override, pointer }) => `${service} ${override} ${pointer}`,
  );
}

describe('a kind that a policy set adds', () => {
  test('is decided about like a Deployment, and is denied as a whole by a set that does not know it', async () => {
    expect(await decided(await postJson('/authorize?policySet=kinds', widget(relaxed)))).toEqual([
      `shop/web-front privileged ${AT}`,
    ]);
    expect(await decided(await postJson('/authorize?policySet=none', widget(relaxed)))).toEqual([
      'shop/web unjudgedWorkload:example.org/Widget /spec/groups/0/template/spec/containers',
    ]);
  });

  test('is compiled, each of its pods under a name of its own', async () => {
    const { services, manifests } = await compilation(
      await postJson('/compile?policySet=kinds', widget({ securityContext: { runAsNonRoot: true } })),
    );
    expect(services.map(({ service }) => service)).toEqual(['shop/web-front']);
    expect(manifests.map(({ metadata }) => metadata.name)).toContain(
      'allow-binaries-web--front---widget-example-org',
    );
    expect(manifests[0]?.spec.podSelector).toEqual({ matchLabels: { app: 'web' } });
    const { denials } = await problem(
      await postJson('/compile?policySet=kinds', widget(relaxed)),
      'overrides-denied',
    );
    expect(denials).toMatchObject([{ service: 'shop/web-front', override: 'privileged', pointer: AT }]);
  });

  test('is read in each version of the row, and in no other', async () => {
    const ask = (apiVersion: string) =>
      postJson('/authorize?policySet=kinds', widget(relaxed, apiVersion)).then(decided);
    expect(await ask('example.org/v1beta1')).toEqual([`shop/web-front privileged ${AT}`]);
    expect((await ask('example.org/v2'))[0]).toContain('unjudgedWorkload:example.org/Widget');
    const { spec: _, ...empty } = widget({}, 'example.org/v2');
    expect(await decided(await postJson('/authorize?policySet=kinds', empty))).toEqual([
      'shop/web unjudgedWorkload:example.org/Widget /apiVersion',
    ]);
  });

  test('is a principal of its own kind', async () => {
    const policies = {
      widgets:
        '@id("widgets") permit (principal, action, resource == Lattice::SecurityOverride::"privileged") when { principal.kind == "widget.example.org" };',
    };
    await make('principal', KINDS, policies);
    expect((await postJson('/compile?policySet=principal', widget(relaxed))).status).toBe(200);
  });

  test('has what selects its pods from the row', async () => {
    const runner = {
      apiVersion: 'example.org/v1',
      kind: 'Runner',
      metadata: { name: 'ci', namespace: 'shop' },
      spec: { pod: { containers: [container()] } },
    };
    const { manifests } = await compilation(await postJson('/compile?policySet=kinds', runner));
    expect(manifests[0]?.spec.podSelector).toEqual({ matchLabels: { runner: 'ci' } });
  });

  test('leaves nothing of a pod unread', async () => {
    const input = { ...widget(), spec: { ...widget().spec, extra: { containers: [container(relaxed)] } } };
    const { faults } = await problem(await postJson('/compile?policySet=kinds', input), 'invalid-request');
    expect(faults).toMatchObject([{ pointer: '/spec/extra/containers', line: 1 }]);
    const excused = [{ at: 'spec.extra', reason: 'The controller ignores it.' }];
    await make('excused', [{ ...WIDGET, excused }]);
    expect((await postJson('/compile?policySet=excused', input)).status).toBe(200);
  });

  test('is found in lists, within objects of other kinds, and in items that are no list', async () => {
    const list = { apiVersion: 'example.org/v1', kind: 'WidgetList', items: [widget(relaxed)] };
    expect(await decided(await postJson('/authorize?policySet=kinds', list))).toEqual([
      `shop/web-front privileged /items/0${AT}`,
    ]);
    // Its pods are nothing that anybody but the row would see.
    const hidden = { apiVersion: 'example.org/v1', kind: 'Runner', spec: { pod: {} } };
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };
    const holder = { ...settings, apiVersion: 'example.org/v1', kind: 'Holder', spec: { base: hidden } };
    for (const [body, asked] of [
      [{ ...settings, items: [hidden] }, 'shop/a unjudgedWorkload:core/ConfigMap /items/0'],
      [holder, 'shop/a unjudgedWorkload:example.org/Holder /spec/base'],
    ] as const) {
      expect(await decided(await postJson('/authorize?policySet=kinds', body))).toEqual([asked]);
      expect(await decided(await postJson('/authorize?policySet=none', body))).toEqual([]);
    }
  });
});

describe('the same decision', () => {
  test('in a KRM function', async () => {
    const ask = (policySet: string) =>
      postJson(`/krm?policySet=${policySet}`, {
        apiVersion: 'config.kubernetes.io/v1',
        kind: 'ResourceList',
        items: [widget(relaxed)],
      });
    const Results = z.looseObject({ results: z.array(z.looseObject({ message: z.string() })) });
    const { results } = Results.parse(await (await ask('kinds')).json());
    expect(results.map(({ message }) => message)).toEqual([
      expect.stringContaining('privileged is denied for shop/web-front'),
    ]);
    expect((await ask('none')).headers.get('tracewright-denials')).toBe('1');
  });

  test('at admission', async () => {
    const review = async (policySet: string) => {
      const request = {
        uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
        operation: 'CREATE',
        namespace: 'shop',
        userInfo: { username: 'ada', groups: [] },
        dryRun: false,
        object: widget(relaxed),
      };
      const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
      const answer = await (await postJson(`/admission?policySet=${policySet}`, body)).json();
      return z.object({ response: z.object({ status: z.object({ message: z.string() }) }) }).parse(answer)
        .response.status.message;
    };
    expect(await review('kinds')).toContain('privileged is denied for shop/web-front');
    expect(await review('none')).toContain('unjudgedWorkload:example.org/Widget');
  });

  test('in what is learnt', async () => {
    const event = execEvent({ binary: '/bin/app', pod: 'web-front-1', container: 'app' });
    const form = new FormData();
    form.append('workloads', JSON.stringify(widget({ command: undefined })));
    form.append('events', new Blob([toLines([event])]), 'events');
    const response = await send('/learn?policySet=kinds', { method: 'POST', body: form });
    const text = await response.text();
    expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
    expect(
      z.looseObject({ services: z.array(z.looseObject({ service: z.string() })) }).parse(JSON.parse(text))
        .services,
    ).toMatchObject([{ service: 'shop/web-front' }]);
  });

  test('in what explains events', async () => {
    const { manifests } = await compilation(await postJson('/compile?policySet=kinds', widget()));
    const manifest = manifests.find(({ metadata }) => metadata.name.startsWith('allow-binaries-'));
    const kprobe = manifest?.spec.kprobes[0];
    if (manifest === undefined || kprobe === undefined) throw new Error('no allowlist');
    const pod = {
      namespace: 'shop',
      name: 'web-front-1',
      container: { name: 'app' },
      pod_labels: { app: 'web' },
      workload: 'web',
      workload_kind: 'Widget',
    };
    const values = { resolved: '/bin/curl', requested: '/bin/curl', links: 1 };
    const form = new FormData();
    form.set('events', JSON.stringify(eventOf(manifest, kprobe, { values, pod })));
    form.set('workloads', JSON.stringify(widget()));
    const response = await send('/explain?policySet=kinds', { method: 'POST', body: form });
    const Explained = z.looseObject({ explained: z.array(z.looseObject({ service: z.unknown() })) });
    expect(Explained.parse(await response.json()).explained.map(({ service }) => service)).toEqual([
      { namespace: 'shop', name: 'web-front', kind: 'widget.example.org', knownBy: 'workload' },
    ]);
  });

  test('in the impact of a version, each of which reads the services in its own way', async () => {
    const name = 'impact';
    await create(name);
    const settings = { workloadKinds: KINDS };
    const permits = {
      p: '@id("p") permit (principal, action, resource == Lattice::SecurityOverride::"privileged");',
    };
    const versions = `/policy-sets/${name}/versions`;
    await published(await write('POST', versions, { policies: { a: permit('a') } }));
    await published(await write('POST', versions, { policies: permits, settings }));
    await published(await write('POST', versions, { policies: { a: permit('a') }, settings }));
    await point(name, 1);
    const impact = async (version: number, against = 'active') =>
      ImpactSchema.parse(
        await (await postJson(`${versions}/${version}/impact?against=${against}`, widget(relaxed))).json(),
      );
    const shown = ({ changes, newDenials, newPermits }: z.output<typeof ImpactSchema>) => [
      newDenials,
      newPermits,
      ...changes.map(({ service, override }) => `${service} ${override}`),
    ];
    // The object was denied as a whole; now it is permitted as what it is.
    expect(shown(await impact(2))).toEqual([
      0,
      2,
      'shop/web unjudgedWorkload:example.org/Widget',
      'shop/web-front privileged',
    ]);
    // It was denied as a whole, and still is, for what it asks for.
    expect(shown(await impact(3))).toEqual([0, 0]);
    expect(shown(await impact(3, '2'))).toEqual([1, 0, 'shop/web-front privileged']);
    await write('PUT', `/policy-sets/${name}/corpus`, widget(relaxed));
    await point(name, 2, 'active', { requireNoNewDenials: true });
    await problem(
      await write('PUT', `/policy-sets/${name}/aliases/active`, { version: 3, requireNoNewDenials: true }),
      'new-denials',
    );
  });

  test('by the version that decides, however often the same body is sent', async () => {
    await create('twice');
    const versions = '/policy-sets/twice/versions';
    await published(await write('POST', versions, { policies: { a: permit('a') } }));
    await published(
      await write('POST', versions, { policies: { a: permit('a') }, settings: { workloadKinds: KINDS } }),
    );
    const ask = async (version: number) =>
      (
        await problem(
          await postJson(`/compile?policySet=twice&version=${version}`, widget(relaxed)),
          'overrides-denied',
        )
      ).denials?.map(({ override }) => override);
    for (const _ of [1, 2, 3]) {
      expect(await ask(1)).toEqual(['unjudgedWorkload:example.org/Widget']);
      expect(await ask(2)).toEqual(['privileged']);
    }
  });
});

test('a caller is permitted the namespaces of workloads that only the version makes known', async () => {
  const { key } = z.looseObject({ key: z.string() }).parse(
    await (
      await write('POST', '/keys', {
        name: 'shop',
        owner: 'ada',
        scopes: ['compile', 'authorize'],
        namespaces: ['shop'],
      })
    ).json(),
  );
  // Nothing but the row tells that this is a container: its name and its image are the controller's.
  const runner = {
    apiVersion: 'example.org/v1',
    kind: 'Runner',
    metadata: { name: 'ci', namespace: 'other' },
    spec: { pod: { containers: [{ workingDir: '/src' }] } },
  };
  const pod = { ...template(), apiVersion: 'v1', kind: 'Pod' };
  const items = [{ ...pod, metadata: { ...pod.metadata, name: 'a', namespace: 'shop' } }, runner];
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const headers = { 'content-type': 'application/json' };
  for (const path of ['/compile', '/authorize']) {
    const ask = (set: string) => sendAs(key, `${path}?policySet=${set}`, { method: 'POST', headers, body });
    await problem(await ask('kinds'), 'forbidden');
    expect((await ask('none')).status).toBe(200);
  }
});

describe('the gates of a publication', () => {
  const check = async (workloadKinds: unknown) => {
    const content = { policies: { a: permit('a') }, settings: { workloadKinds } };
    const response = await write('POST', '/policy-sets/kinds/versions:check', content);
    const Answer = z.looseObject({
      faults: z.array(z.looseObject({ pointer: z.string(), message: z.string() })).default([]),
    });
    return Answer.parse(await response.json()).faults.map(({ pointer, message }) => `${pointer} ${message}`);
  };
  const at = '/settings/workloadKinds/0';
  const pods = (...places: object[]) => [{ ...WIDGET, pods: places }];
  test.each<[string, unknown, RegExp]>([
    ['a built-in kind', [{ ...WIDGET, group: 'apps.example', kind: 'Deployment' }], /^$/],
    [
      'a group of Kubernetes',
      [{ ...WIDGET, group: 'networking.k8s.io' }],
      /\/kind The kinds of the group networking.k8s.io/,
    ],
    ['a group without a dot', [{ ...WIDGET, group: 'apps' }], /\/group Expected an API group with a dot/],
    [
      'a group of Lattice',
      [{ ...WIDGET, group: 'lattice.dev' }],
      /\/kind The kinds of the group lattice.dev/,
    ],
    [
      'a group of Tetragon',
      [{ ...WIDGET, group: 'cilium.io', kind: 'TracingPolicy' }],
      /\/kind The kinds of/,
    ],
    [
      'a kind of the table',
      [{ ...WIDGET, group: 'argoproj.io', kind: 'Rollout' }],
      /\/kind The kind Rollout of argoproj.io is read already/,
    ],
    [
      'a misspelt kind of the table',
      [{ ...WIDGET, group: 'argoproj.io', versions: ['v1alpha1'], kind: 'Rollouts' }],
      /\/kind .*Did you mean Rollout/,
    ],
    ['a list', [{ ...WIDGET, kind: 'WidgetList' }], /\/kind A kind that ends in List/],
    [
      'one kind twice',
      [WIDGET, { ...WIDGET, versions: ['v2'] }],
      /^\/settings\/workloadKinds\/1\/kind There is a row/,
    ],
    ['no version', [{ ...WIDGET, versions: [] }], /\/versions /],
    ['a version that is none', [{ ...WIDGET, versions: ['1'] }], /\/versions\/0 Expected a version/],
    ['no pods', [{ ...WIDGET, pods: [] }], /\/pods /],
    ['a path with a hole', pods({ at: 'spec..template' }), /\/pods\/0\/at Expected keys/],
    ['a path of nothing', pods({ at: '' }), /\/pods\/0\/at /],
    ['a path that begins with a list', pods({ at: '[].template' }), /\/pods\/0\/at Expected keys/],
    ['a path in metadata', pods({ at: 'metadata.annotations' }), /\/pods\/0\/at No pods/],
    ['a path in items', pods({ at: 'items[]', suffix: '-{index}' }), /\/pods\/0\/at No pods/],
    ['a long path', pods({ at: `spec.${'a'.repeat(LIMITS.kindPath)}` }), /\/pods\/0\/at A path has at most/],
    [
      'several pods of one name',
      pods({ at: 'spec.groups[].template' }),
      /\/pods\/0\/suffix An object may have several/,
    ],
    [
      'a suffix that does not tell them apart',
      pods({ at: 'spec.groups{}', suffix: '-a' }),
      /\/suffix An object may/,
    ],
    [
      'two places of one name',
      pods({ at: 'spec.a' }, { at: 'spec.b', suffix: '-b' }),
      /^\/settings\/workloadKinds\/0\/pods\/0\/suffix|expected a suffix that no other place has/,
    ],
    [
      'two places with one suffix',
      pods({ at: 'spec.a', suffix: '-a' }, { at: 'spec.b', suffix: '-a' }),
      /\/pods\/1\/suffix An object of this kind/,
    ],
    [
      'one place twice',
      pods({ at: 'spec.a', suffix: '-a' }, { at: 'spec.a', suffix: '-b' }),
      /\/pods\/1\/at This is in the same place/,
    ],
    [
      'a place within another',
      pods({ at: 'spec.a', suffix: '-a' }, { at: 'spec.a.b', suffix: '-b' }),
      /\/pods\/1\/at This is in the same/,
    ],
    [
      'a suffix that is no name',
      pods({ at: 'spec.a', suffix: 'A b' }),
      /\/pods\/0\/suffix Expected a hyphen/,
    ],
    [
      'a placeholder that there is not',
      pods({ at: 'spec.a', suffix: '-{secret}' }),
      /\/pods\/0\/suffix Expected a hyphen/,
    ],
    ['a selector that there is not', pods({ at: 'spec.a', selector: 'all' }), /\/pods\/0\/selector /],
    ['an unknown field', [{ ...WIDGET, plural: 'widgets' }], /plural/],
    [
      'too many kinds',
      Array.from({ length: LIMITS.workloadKinds + 1 }, (_, index) => ({ ...WIDGET, kind: `W${index}` })),
      /\/settings\/workloadKinds /,
    ],
  ])('%s', async (_, kinds, expected) => {
    const faults = await check(kinds);
    if (expected.source === '^$') expect(faults).toEqual([]);
    else expect(faults.join('\n')).toMatch(expected);
    if (faults.length > 0 && !/workloadKinds\/1/.test(faults[0] ?? ''))
      expect(faults[0]).toContain(at.slice(0, 23));
  });

  test('as many kinds as there may be', async () => {
    const rows = Array.from({ length: LIMITS.workloadKinds }, (_, index) => ({
      ...WIDGET,
      kind: `W${index}x`,
    }));
    expect(await check(rows)).toEqual([]);
  });
});
