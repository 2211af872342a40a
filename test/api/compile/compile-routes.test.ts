import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import apiServer from '../../../examples/api-server.yaml?raw';
import denied from '../../../examples/denied.yaml?raw';
import imageProcessor from '../../../examples/image-processor.yaml?raw';
import { KEYS } from '../../../src/policy-sets/kv-keys.ts';
import { running } from '../../support/kubernetes.ts';
import { checkManifests, told } from '../../support/manifests.ts';
import { app, service } from '../../support/services.ts';
import { compilation, postJson, postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';
import { contentOf } from '../../support/write-version.ts';

const PERMIT_ALL = '@id("all") @reason("test") permit (principal, action, resource);';

beforeEach(async () => {
  await publish(PERMIT_ALL);
});

describe('POST /compile', () => {
  test('answers manifests, decisions, notices and the version that decided', async () => {
    const pointer = await publish(PERMIT_ALL);
    const answer = await compilation(await postYaml('/compile', apiServer));
    expect(answer.policySet).toEqual({ name: 'default', ...pointer });
    expect(answer.services).toEqual([
      {
        service: 'production/api-server',
        manifests: [
          'allow-binaries-api-server',
          'block-rootfs-write-api-server',
          'block-setuid-api-server',
          'block-capset-api-server',
        ],
        podLabels: {},
      },
    ]);
    expect(answer.decisions[1]).toEqual({
      service: 'production/api-server',
      override: 'allowedBinary:/usr/bin/curl',
      category: 'binary',
      container: 'app',
      image: 'api-server:latest',
      implicit: false,
      decision: 'allow',
      policies: [{ id: 'all', effect: 'permit', annotations: { reason: 'test' } }],
      document: 0,
      pointer: '/spec/workload/containers/0/securityContext/allowedBinaries/1',
      line: 18,
      column: 15,
    });
    // Its list is without a command, so the image decides what is started first.
    expect(answer.notices.map(({ code }) => code)).toEqual([
      'ImageEntrypointNotDeclared',
      'KillLeavesEffects',
    ]);
  });

  test.each(['application/json', 'application/json; charset=utf-8', undefined])(
    'takes JSON as %s',
    async (type) => {
      const body = new TextEncoder().encode(JSON.stringify(service([app()])));
      await compilation(
        await send('/compile', {
          method: 'POST',
          body,
          headers: type === undefined ? {} : { 'content-type': type },
        }),
      );
    },
  );

  test.each(['application/yaml', 'application/x-yaml', 'text/yaml', 'TEXT/YAML; charset="UTF-8"', undefined])(
    'takes YAML as %s',
    async (type) => {
      const body = new TextEncoder().encode(apiServer);
      await compilation(
        await send('/compile', {
          method: 'POST',
          body,
          headers: type === undefined ? {} : { 'content-type': type },
        }),
      );
    },
  );

  test('with Accept: application/yaml answers the manifests alone', async () => {
    const response = await postYaml('/compile', apiServer, { accept: 'application/yaml' });
    expect(response.headers.get('content-type')).toBe('application/yaml');
    expect(response.headers.get('tracewright-policy-set')).toMatch(/^default; version=1; digest="sha256:/);
    const manifests = checkManifests(
      parseAllDocuments(await yamlText(response)).map((document) => document.toJS()),
    );
    expect(manifests).toEqual((await compilation(await postYaml('/compile', apiServer))).manifests);
  });

  test('takes several documents and v1 Lists, and answers for all of them', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [service([app()])] };
    const answer = await compilation(
      await postYaml('/compile', `${apiServer}---\n${imageProcessor}---\n${JSON.stringify(list)}\n`),
    );
    expect(answer.services.map((each) => each.service)).toEqual([
      'production/api-server',
      'media/image-processor',
      'shop/web',
    ]);
    expect(answer.manifests).toHaveLength(8);
  });

  test('options are query parameters', async () => {
    const query =
      '?mode=monitor&layout=merged&scope=container&unset=restricted&pathMatching=resolved&rootfsMagic=0x794c7630,0x6969';
    const { manifests } = await compilation(await postYaml(`/compile${query}`, imageProcessor));
    expect(manifests.map(({ metadata }) => metadata.name)).toEqual([
      'runtime-enforcement-image-processor--php',
    ]);
    expect(manifests[0]?.spec.kprobes.map(({ call }) => call)).toEqual([
      'security_bprm_check',
      'security_file_open',
      'security_inode_create',
      'security_inode_unlink',
      'security_inode_rename',
      'security_inode_mkdir',
      'security_path_truncate',
      'security_task_fix_setuid',
      'security_task_fix_setgid',
      'security_bprm_committing_creds',
      'security_capset',
      'security_bprm_committed_creds',
    ]);
  });

  test('layout=shared lists the labels of the pods, and each cluster policy once', async () => {
    const second = apiServer.replace('name: api-server', 'name: api-second');
    const answer = await compilation(await postYaml('/compile?layout=shared', `${apiServer}---\n${second}`));
    expect(answer.manifests.map(({ metadata }) => metadata.name)).toEqual([
      'lattice-block-capset--none',
      'lattice-block-rootfs-write',
      'lattice-block-setuid',
      'allow-binaries-api-second',
      'allow-binaries-api-server',
    ]);
    expect(answer.services[0]?.podLabels).toEqual({
      'lattice.dev/read-only-rootfs': 'true',
      'lattice.dev/run-as-non-root': 'true',
      'lattice.dev/allowed-capabilities': 'none',
    });
  });

  test('what a reader of the YAML alone must know stands above it as comments', async () => {
    const shared = await yamlText(
      await postYaml('/compile?layout=shared', apiServer, { accept: 'application/yaml' }),
    );
    expect(shared).toMatch(
      /^# production\/api-server needs these labels on its pod template: lattice\.dev\/read-only-rootfs=true .*\n# ImageEntrypointNotDeclared production\/api-server: .*\n# PolicyRenamed production\/api-server: .*\n---\n/,
    );
    const noticed = await yamlText(
      await postYaml('/compile', imageProcessor.replace('"/bin/sh"', '"sh\\u2028x"'), {
        accept: 'application/yaml',
      }),
    );
    expect(noticed).toMatch(
      /^# UnresolvableEntrypoint media\/image-processor: The entrypoint "sh\\u\{2028\}x" [ -~]*\n---\n/,
    );
  });

  test('more policies than an agent holds come with a notice', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...service([app()]),
      metadata: { name: `s${index}`, namespace: 'a' },
    }));
    const answer = await compilation(
      await postJson('/compile', { apiVersion: 'v1', kind: 'List', items: many }),
    );
    expect(answer.manifests).toHaveLength(200);
    expect(answer.notices.map(({ code }) => code)).toEqual(['PolicyBudget']);
    expect(answer.notices[0]?.message).toMatch(/^These are 200 policies; .* fewer still\.$/);
  });

  test('so does much kernel memory, in a stream too', async () => {
    const many = Array.from({ length: 20 }, (_, index) => ({
      ...service([app({ readOnlyRootFilesystem: true })]),
      metadata: { name: `s${index}`, namespace: 'a' },
    }));
    const list = { apiVersion: 'v1', kind: 'List', items: many };
    const { manifests, notices } = await compilation(await postJson('/compile?action=deny', list));
    expect(manifests).toHaveLength(60);
    // Six hooks that make calls fail, and three that kill, of each.
    expect(notices.map(({ code, message }) => `${code} ${/\d+ MB/.exec(message)?.[0]}`)).toEqual([
      'PolicyBudget 316 MB',
    ]);
    const killing = await compilation(await postJson('/compile?action=kill', list));
    expect(killing.notices).toEqual([]);
    expect(await (await postJson('/compile?action=deny&output=ndjson', list)).text()).toContain('316 MB');
  });

  test.each([
    [
      'a volume that is written to',
      {},
      {},
      ['WritableAllowlist app /spec/template/spec/containers/0/volumeMounts/0'],
    ],
    ['a volume that is mounted read-only', { readOnly: true }, {}, []],
    ['a volume that cannot be written to', {}, { emptyDir: undefined, configMap: { name: 'x' } }, []],
    ['a volume beside it', { mountPath: '/opt/too' }, {}, []],
  ])('an allowed binary in %s', async (_, mount, volume, expected) => {
    const input = running(
      { command: ['/a'], volumeMounts: [{ name: 'tools', mountPath: '/opt/tools/', ...mount }] },
      { volumes: [{ name: 'tools', emptyDir: {}, ...volume }] },
      { annotations: { 'runtime.lattice.dev/allowed-binaries': '/opt/tools/x, /opt/tools/y' } },
    );
    const { notices } = await compilation(await postJson('/compile', input));
    expect(told(notices).map(({ code, container, pointer }) => `${code} ${container} ${pointer}`)).toEqual(
      expected,
    );
  });

  test('one denial denies everything: all denials of all services, and no manifest', async () => {
    await publish(`
      @id("media") permit (principal, action, resource) when { principal.namespace == "media" };
      @id("never") @reason("It owns the node.") @advice("Ask.") forbid (principal, action, resource == Lattice::SecurityOverride::"privileged");`);
    const answer = await problem(
      await postYaml('/compile', `${imageProcessor}---\n${denied}---\n${apiServer}`),
      'overrides-denied',
    );
    expect(
      answer.denials?.map(
        ({ service: name, override, reason, line, column }) =>
          `${line}:${column} ${name} ${override} ${reason}`,
      ),
    ).toEqual([
      '29:9 production/web allowedBinary:* NoPermitPolicy',
      '35:19 production/web capability:NET_ADMIN NoPermitPolicy',
      '32:23 production/web privileged ExplicitForbid',
      '53:15 production/api-server allowedBinary:/usr/bin/api-server NoPermitPolicy',
      '54:15 production/api-server allowedBinary:/usr/bin/curl NoPermitPolicy',
    ]);
    expect(answer.denials?.[2]).toMatchObject({
      category: 'container',
      container: 'web',
      document: 1,
      pointer: '/spec/workload/containers/0/securityContext/privileged',
      policies: [
        { id: 'never', effect: 'forbid', annotations: { reason: 'It owns the node.', advice: 'Ask.' } },
      ],
    });
    expect(answer.denials?.[1]?.suggestedPermit).toBe(
      [
        '@id("permit:production:web:web:capability:NET_ADMIN")',
        'permit (',
        '  principal == Lattice::Service::"production/web",',
        '  action == Lattice::Action::"OverrideSecurity",',
        '  resource == Lattice::SecurityOverride::"capability:NET_ADMIN"',
        ') when { context has container && context.container == "web" && !context.implicit };',
      ].join('\n'),
    );
  });

  test('a set can ask for permits of auto-detected entrypoints', async () => {
    await publish('', 'strict', { settings: { authorizeEntrypoints: true } });
    await compilation(await postJson('/compile', service([app()])));
    const { denials } = await problem(
      await postJson('/compile?policySet=strict', service([app()])),
      'overrides-denied',
    );
    expect(denials?.map(({ override }) => override)).toEqual(['allowedBinary:/bin/app']);
  });
});

describe('POST /authorize', () => {
  const answerOf = async (path: string, value: unknown): Promise<unknown> => {
    const response = await postJson(path, value);
    expect(response.status).toBe(200);
    return response.json();
  };

  test('answers for services; a denial is an answer', async () => {
    await publish('permit (principal, action, resource == Lattice::SecurityOverride::"hostPID");');
    const input = service([app({ privileged: true })], { hostPID: true });
    expect(await answerOf('/authorize', input)).toMatchObject({
      policySet: { name: 'default', version: 1 },
      decision: 'deny',
      decisions: [
        { override: 'hostPID', category: 'pod', decision: 'allow', pointer: '/spec/hostPID' },
        { override: 'privileged', container: 'app', decision: 'deny', reason: 'NoPermitPolicy' },
      ],
    });
  });

  test('answers for a bare principal with its labels, and overrides with their context', async () => {
    await publish(`
      permit (principal, action, resource) when { principal.getTag("tier") == "batch" && principal.labels.contains({ key: "team", value: "x" }) && context.container == "c" && resource.path == "/bin/x" };`);
    const question = {
      principal: { namespace: 'a', name: 'b', labels: { tier: 'batch', team: 'x' } },
      overrides: [{ id: 'allowedBinary:/bin/x', container: 'c' }],
    };
    expect(await answerOf('/authorize', question)).toMatchObject({
      decision: 'allow',
      decisions: [
        { service: 'a/b', override: 'allowedBinary:/bin/x', container: 'c', pointer: '/overrides/0' },
      ],
    });
    expect(await answerOf('/authorize', { ...question, overrides: ['allowedBinary:/bin/x'] })).toMatchObject({
      decision: 'deny',
      decisions: [
        { reason: 'PolicyError', policies: [{ id: 'policy0', error: expect.stringContaining('container') }] },
      ],
    });
  });

  test('asks by the entities of the policy set too', async () => {
    await publish('permit (principal in Lattice::Team::"t", action, resource);', 'teams', {
      entities: [
        {
          uid: { type: 'Lattice::Namespace', id: 'shop' },
          attrs: {},
          tags: {},
          parents: [{ __entity: { type: 'Lattice::Team', id: 't' } }],
        },
      ],
    });
    const ask = (namespace: string) =>
      answerOf('/authorize?policySet=teams', { principal: { namespace, name: 'x' }, overrides: ['hostPID'] });
    expect(await ask('shop')).toMatchObject({ decision: 'allow' });
    expect(await ask('other')).toMatchObject({ decision: 'deny' });
  });

  test('a set cannot change what we state of a workload', async () => {
    await publish('permit (principal, action, resource) when { principal.namespace == "trusted" };', 'liar', {
      entities: [
        {
          uid: { type: 'Lattice::Service', id: 'shop/web' },
          attrs: { namespace: 'trusted' },
          tags: {},
          parents: [],
        },
      ],
    });
    expect(
      await answerOf('/authorize?policySet=liar', {
        principal: { namespace: 'shop', name: 'web' },
        overrides: ['hostPID'],
      }),
    ).toMatchObject({ decision: 'deny' });
  });

  test.each([
    ['no overrides', { principal: { namespace: 'a', name: 'b' }, overrides: [] }, '/overrides'],
    [
      'an unknown override',
      { principal: { namespace: 'a', name: 'b' }, overrides: ['hostPID', 'hostPIDD'] },
      '/overrides/1',
    ],
    [
      'an unknown key',
      { principal: { namespace: 'a', name: 'b', nmae: 'c' }, overrides: ['hostPID'] },
      '/principal/nmae',
    ],
    ['no principal', { overrides: ['hostPID'] }, '/principal'],
  ])('%s is invalid', async (_, question, pointer) => {
    const { faults } = await problem(await postJson('/authorize', question), 'invalid-request');
    expect(faults?.map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe('which version decides', () => {
  test('an alias, a number or a digest leads to it', async () => {
    const first = await publish('permit (principal, action, resource);', 'refs', {}, 1);
    const second = await publish('forbid (principal, action, resource);', 'refs', {}, 2);
    for (const [reference, pointer] of [
      ['active', second],
      ['1', first],
      ['2', second],
      [first.digest, first],
    ] as const) {
      const response = await postJson(`/authorize?policySet=refs&version=${reference}`, {
        principal: { namespace: 'a', name: 'b' },
        overrides: ['hostPID'],
      });
      expect(await response.json()).toMatchObject({
        policySet: { name: 'refs', ...pointer },
        decision: pointer === first ? 'allow' : 'deny',
      });
    }
  });

  test.each([
    ['/compile?policySet=nope', 'policy-set-not-found'],
    ['/compile?version=7', 'policy-set-version-not-found'],
    ['/compile?version=staging', 'policy-set-version-not-found'],
    [`/authorize?version=sha256:${'0'.repeat(64)}`, 'policy-set-version-not-found'],
  ] as const)('%s is not found', async (path, code) => {
    await problem(await postJson(path, service([app()])), code);
  });

  test("another set's digest is not a way around this set", async () => {
    const lax = await publish(PERMIT_ALL, 'lax');
    await publish('', 'strict');
    await problem(
      await postJson(`/compile?policySet=strict&version=${lax.digest}`, service([app()])),
      'policy-set-version-not-found',
    );
  });

  test('an entry of KV that is not what its digest says is refused', async () => {
    const { digest } = await publish('@id("only-here") forbid (principal, action, resource);', 'torn');
    await env.POLICY_SETS.put(
      KEYS.body(digest),
      JSON.stringify(contentOf({ lax: 'permit (principal, action, resource);' })),
    );
    await env.POLICY_SETS.delete(KEYS.index(digest));
    await problem(await postJson('/compile?policySet=torn', service([app()])), 'policy-set-corrupt');
  });

  test.each([
    [
      'a pointer that is not JSON',
      async () => env.POLICY_SETS.put(KEYS.alias('bad', 'active'), 'x'),
      'policy-set-corrupt',
    ],
    [
      'a pointer with an unknown field',
      async () => env.POLICY_SETS.put(KEYS.alias('bad', 'active'), '{"version":1,"digest":"sha256:0","x":1}'),
      'policy-set-corrupt',
    ],
    [
      'content that is missing',
      async () =>
        env.POLICY_SETS.put(
          KEYS.alias('bad', 'active'),
          JSON.stringify({ version: 1, digest: `sha256:${'0'.repeat(64)}` }),
        ),
      'policy-set-unavailable',
    ],
    [
      'a policy that does not parse',
      async () => {
        await publish('', 'bad', { policies: { broken: 'permit (principal' } });
      },
      'policy-set-corrupt',
    ],
    [
      'entities that Cedar refuses',
      async () => {
        await publish('', 'bad', {
          policies: { p: 'permit(principal,action,resource);' },
          entities: [{ uid: { type: '', id: 'x' }, attrs: {}, parents: [], tags: {} }],
        });
      },
      'policy-set-corrupt',
    ],
  ] as const)('%s compiles nothing', async (_, arrange, code) => {
    await arrange();
    await problem(
      await postJson('/compile?policySet=bad', service([app({ allowedBinaries: ['/x'] })])),
      code,
    );
  });
});

describe('the baseline', () => {
  test('GET answers the defaults, and takes options in the query', async () => {
    const [policy] = checkManifests([await (await send('/baseline')).json()]);
    expect(policy?.metadata.name).toBe('lattice-baseline-runtime');
    expect(policy?.spec.podSelector.matchExpressions).toEqual([
      {
        key: 'k8s:io.kubernetes.pod.namespace',
        operator: 'NotIn',
        values: ['kube-system', 'cilium-system', 'istio-system', 'lattice-system', 'cert-manager'],
      },
    ]);
    const [small] = checkManifests([
      await (
        await send('/baseline?tiers=ptrace&mode=monitor&blockModuleAutoload=true&excludedNamespaces=a,b')
      ).json(),
    ]);
    expect(small?.spec.kprobes.map(({ call }) => call)).toEqual(['security_ptrace_access_check']);
    expect(small?.spec.options).toEqual([
      { name: 'policy-mode', value: 'monitor' },
      { name: 'disable-kprobe-multi', value: '1' },
    ]);
  });

  test('POST takes them in the body, as JSON or YAML; empty means the defaults', async () => {
    const defaults = await (await send('/baseline')).text();
    expect(await (await send('/baseline', { method: 'POST' })).text()).toBe(defaults);
    expect(await (await postJson('/baseline', {})).text()).toBe(defaults);
    const [policy] = checkManifests([
      await (
        await postYaml('/baseline', 'excludedNamespaces: [a]\ntiers: [modules]\nblockModuleAutoload: true\n')
      ).json(),
    ]);
    expect(policy?.spec.kprobes.map(({ call }) => call)).toEqual([
      'sys_init_module',
      'sys_finit_module',
      'security_kernel_read_file',
      'security_kernel_load_data',
      'security_kernel_module_request',
    ]);
  });

  test('as YAML it can be piped to kubectl', async () => {
    const response = await send('/baseline', { headers: { accept: 'application/yaml' } });
    checkManifests(parseAllDocuments(await yamlText(response)).map((document) => document.toJS()));
  });

  test.each([
    ['an unknown tier', { tiers: ['ptrac'] }, '/tiers/0'],
    ['no tier', { tiers: [] }, '/tiers'],
    ['an unknown option', { exclude: [] }, '/exclude'],
    ['no mapping', [], ''],
  ])('%s is invalid', async (_, options, pointer) => {
    const { faults } = await problem(await postJson('/baseline', options), 'invalid-request');
    expect(faults?.map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe('what is wrong with a request', () => {
  test.each([
    ['?layout=mergd', 'layout'],
    ['?layuot=merged', 'layuot'],
    ['?layout=merged&layout=shared', 'layout'],
    ['?rootfsMagic=overlay', 'rootfsMagic'],
    ['?rootfsMagic=1,2,3,4,5', 'rootfsMagic'],
    ['?rootfsMagic=', 'rootfsMagic'],
    ['?policySet=UPPER', 'policySet'],
    ['?version=../x', 'version'],
    ['?__proto__=x', '__proto__'],
    ['?constructor=x', 'constructor'],
  ])('%s', async (query, parameter) => {
    const { faults } = await problem(await postJson(`/compile${query}`, service([app()])), 'invalid-request');
    expect(faults?.map((fault) => fault.parameter)).toEqual([parameter]);
  });

  test('every fault is listed, with pointer, line and column', async () => {
    const text = apiServer.replace('runAsNonRoot', 'runAsNonroot').replace('/usr/bin/curl', '/usr//bin/curl');
    const { faults, detail } = await problem(await postYaml('/compile', text), 'invalid-request');
    expect(detail).toBe('2 faults were found.');
    expect(faults?.map(({ pointer, line, column }) => `${line}:${column} ${pointer}`).sort()).toEqual([
      '13:25 /spec/workload/containers/0/securityContext/runAsNonroot',
      '18:15 /spec/workload/containers/0/securityContext/allowedBinaries/1',
    ]);
  });

  test.each([
    ['text/plain', 'utf-8'],
    ['application/x-www-form-urlencoded', 'utf-8'],
    ['application/json; charset=utf-16', 'utf-16'],
    ['constructor', ''],
  ])('a body of %s is not supported', async (type) => {
    await problem(
      await send('/compile', { method: 'POST', body: '{}', headers: { 'content-type': type } }),
      'unsupported-media-type',
    );
  });

  test('a body that is compressed otherwise than with gzip is not supported', async () => {
    await problem(
      await send('/compile', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', 'content-encoding': 'br' },
      }),
      'unsupported-media-type',
    );
  });

  test('unknown resources and methods', async () => {
    await problem(await send('/compil'), 'not-found');
    const response = await send('/compile');
    expect(response.headers.get('allow')).toBe('POST');
    await problem(response, 'method-not-allowed');
    await problem(await send('/healthz', { method: 'DELETE' }), 'method-not-allowed');
  });
});

describe('health and documentation', () => {
  test('liveness and readiness', async () => {
    expect(await (await send('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await send('/readyz')).json()).toEqual({ status: 'ok', cedar: 'ok', storage: 'ok' });
  });

  test('the documentation page asks no other host for anything', async () => {
    const response = await send('/docs');
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
    for (const [, target = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(target).toMatch(/^(\/|data:)/);
      if (target.startsWith('/')) expect((await send(target)).status).toBe(200);
    }
  });
});
