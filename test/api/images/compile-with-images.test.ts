import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { EnvelopeSchema } from '../../../src/provenance/dsse.ts';
import { StatementSchema } from '../../../src/provenance/statement.ts';
import { json, workerWith } from '../../support/management.ts';
import { create, point, published, publishText, write } from '../../support/policy-sets.ts';
import { compilation, postJson, problem, publish, send, yamlText } from '../../support/worker.ts';

/** Nothing is permitted but what the corpus needs, so that an unknown entrypoint is denied. */
beforeAll(() => publish('@id("none") forbid (principal, action, resource);'));

const hex = (index: number): string => index.toString(16).padStart(64, '0');
const digest = (index: number): string => `sha256:${hex(index)}`;

const config = (entrypoint: readonly string[], cmd: readonly string[] = []) => ({
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/usr/bin', 'TOKEN=hunter2'], Entrypoint: entrypoint, Cmd: cmd },
});

/** Stores the config of an image that starts `/app/<name>`. */
async function store(index: number, name = 'web'): Promise<void> {
  const answer = await send(`/images/${digest(index)}`, json('PUT', config([`/app/${name}`])));
  expect(`${answer.status} ${answer.status < 300 ? '' : await answer.text()}`).toMatch(/^20[01] $/);
}

/** A Pod with containers of these images, without commands. */
function pod(...images: readonly string[]) {
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: { containers },
  };
}

const allowlistOf = (answer: unknown): unknown =>
  JSON.stringify(answer)
    .match(/\/app\/\w+/g)
    ?.filter((each, index, all) => all.indexOf(each) === index)
    .sort();

const DENIED = 'allowedBinary:*';

describe('what is stored of an image', () => {
  const known = `web@${digest(1)}`;
  beforeAll(() => store(1));

  test('makes its entrypoint known to /compile, and the answer tells it', async () => {
    const { services, manifests } = await compilation(await postJson('/compile', pod(known)));
    expect(allowlistOf(manifests)).toEqual(['/app/web']);
    expect(services[0]?.images).toEqual([
      {
        container: 'c0',
        image: known,
        matchedBy: 'digest',
        name: digest(1),
        from: 'storage',
        entrypoints: [{ word: '/app/web', ofImage: true, paths: ['/app/web'] }],
        needsEvents: false,
      },
    ]);
    const [policy] = manifests;
    expect(policy?.metadata.annotations).toMatchObject({ 'lattice.dev/images': `c0=${digest(1)}` });
  });

  test('counts whatever the tag is, and for no other digest', async () => {
    await compilation(await postJson('/compile', pod(`registry.example:5000/a/web:9@${digest(1)}`)));
    for (const image of ['web:1', 'web', `web@${digest(2)}`, `web@sha512:${'0'.repeat(128)}`]) {
      const { denials } = await problem(await postJson('/compile', pod(image)), 'overrides-denied');
      expect(denials?.map(({ override }) => override)).toEqual([DENIED]);
    }
  });

  test('a stream tells it too', async () => {
    const text = await yamlText(await postJson('/compile?output=ndjson', pod(known)));
    expect(text).toContain(`"name":"${digest(1)}","from":"storage"`);
  });

  test('the attestation states it', async () => {
    const text = await yamlText(await postJson('/compile?attest=true', pod(known)));
    const { payload } = EnvelopeSchema.parse(JSON.parse(text));
    const { predicate } = StatementSchema.parse(JSON.parse(atob(payload)));
    const facts = '{"cmd":[],"entrypoint":["/app/web"],"path":"/usr/bin","user":"","workingDir":"/"}';
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(facts)));
    const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(predicate.images).toEqual([{ name: digest(1), from: 'storage', facts: { sha256 } }]);
    const without = await yamlText(
      await postJson('/compile?attest=true', {
        ...pod('web:1'),
        spec: { containers: [{ name: 'c', image: known, command: ['/app/own'] }] },
      }),
    );
    expect(atob(EnvelopeSchema.parse(JSON.parse(without)).payload)).not.toContain('"images"');
  });

  test('counts for /authorize, /krm and /admission', async () => {
    const authorized = await (await postJson('/authorize', pod(known))).json();
    expect(authorized).toMatchObject({ decision: 'allow', decisions: [] });
    const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList' };
    const run = await postJson('/krm', { ...list, items: [pod(known)] });
    expect(run.headers.get('tracewright-denials')).toBe('0');
    expect(allowlistOf(await run.json())).toEqual(['/app/web']);
    for (const [image, allowed] of [
      [known, true],
      [`web@${digest(2)}`, false],
    ] as const)
      expect(await (await review(image)).json()).toMatchObject({ response: { allowed } });
  });

  test('notices rest on it as on a command', async () => {
    const written = { ...pod(known), spec: { ...pod(known).spec, volumes: [{ name: 'v', emptyDir: {} }] } };
    const [container] = written.spec.containers;
    const mounted = { ...container, volumeMounts: [{ name: 'v', mountPath: '/app' }] };
    const { notices } = await compilation(
      await postJson('/compile', { ...written, spec: { ...written.spec, containers: [mounted] } }),
    );
    expect(notices.map(({ code }) => code)).toContain('WritableAllowlist');
  });

  test('is not looked up for a container whose programs are known', async () => {
    await env.POLICY_SETS.put(`v1/images/${digest(3)}`, 'damaged');
    const container = { name: 'c', image: `web@${digest(3)}`, command: ['/app/own'] };
    await compilation(await postJson('/compile', { ...pod(), spec: { containers: [container] } }));
    await problem(
      await postJson('/compile', { ...pod(), spec: { containers: [{ ...container, command: ['own'] }] } }),
      'images-unavailable',
    );
  });
});

function review(image: string): Promise<Response> {
  return postJson('/admission', {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u', operation: 'CREATE', namespace: 'shop', object: pod(image) },
  });
}

test('a review that is remembered is judged anew once something is stored, and once it is removed', async () => {
  const image = `web@${digest(20)}`;
  const allowed = async (): Promise<unknown> =>
    z
      .looseObject({ response: z.looseObject({ allowed: z.boolean() }) })
      .parse(await (await review(image)).json()).response.allowed;
  expect([await allowed(), await allowed()]).toEqual([false, false]);
  await store(20);
  expect([await allowed(), await allowed()]).toEqual([true, true]);
  await send(`/images/${digest(20)}`, { method: 'DELETE' });
  expect([await allowed(), await allowed()]).toEqual([false, false]);
});

describe('what a request tells of images', () => {
  const entry = (index: number, name: string) => ({ [digest(index)]: config([`/app/${name}`]) });
  const compile = (images: unknown, ...names: readonly string[]): Promise<Response> =>
    postJson('/compile', { workloads: pod(...names), images });

  test('is used by digest and by reference, and the answer tells which', async () => {
    const images = { ...entry(5, 'a'), 'web:2': config(['/app/b']) };
    const { services, manifests, notices } = await compilation(
      await compile(images, `web@${digest(5)}`, 'web:2'),
    );
    expect(allowlistOf(manifests)).toEqual(['/app/a', '/app/b']);
    expect(services[0]?.images?.map(({ matchedBy, name, from }) => [matchedBy, name, from])).toEqual([
      ['digest', digest(5), 'request'],
      ['reference', 'docker.io/library/web:2', 'request'],
    ]);
    expect(notices.map(({ code }) => code)).toContain('ImageMatchedByTag');
    expect(JSON.stringify({ services, manifests, notices })).not.toContain('hunter2');
  });

  test('is used in a form too, by the file name of the part', async () => {
    const form = new FormData();
    form.append('workloads', stringify(pod('web:3', 'web:4')));
    form.append('images', new File([JSON.stringify(config(['/app/c']))], 'web:3'));
    form.append('images', new File([JSON.stringify(config(['/app/d']))], 'docker.io/library/web:4'));
    const { manifests } = await compilation(await send('/compile', { method: 'POST', body: form }));
    expect(allowlistOf(manifests)).toEqual(['/app/c', '/app/d']);
  });

  test('is told of where no container has it', async () => {
    const others = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [`${name}:1`, config(['/a'])]),
    );
    const images = [{ 'web:2': config(['/app/b']), ...entry(5, 'a') }, others];
    const { notices } = await compilation(await compile(images, 'docker.io/library/web:2'));
    expect(notices.filter(({ code }) => code === 'ImageNotUsed').map(({ message }) => message)).toEqual([
      expect.stringContaining(`were sent: ${digest(5)}, a:1, b:1, c:1, d:1 and 2 more.`),
    ]);
    const used = await compilation(await compile({ 'web:2': config(['/app/b']) }, 'web:2', 'web:2'));
    expect(used.notices.map(({ code }) => code)).not.toContain('ImageNotUsed');
  });

  test('with what is stored of others', async () => {
    await store(6, 'stored');
    const { manifests, services } = await compilation(
      await compile(entry(5, 'sent'), `web@${digest(5)}`, `web@${digest(6)}`),
    );
    expect(allowlistOf(manifests)).toEqual(['/app/sent', '/app/stored']);
    expect(services[0]?.images?.map(({ from }) => from)).toEqual(['request', 'storage']);
  });

  test('must be what is stored, where something is', async () => {
    await store(7, 'web');
    const { services } = await compilation(await compile(entry(7, 'web'), `web@${digest(7)}`));
    expect(services[0]?.images?.[0]?.from).toBe('request');
    const inspected = [
      { RepoTags: ['web:7'], RepoDigests: [`web@${digest(7)}`], Config: { Entrypoint: ['/app/other'] } },
    ];
    for (const [images, name] of [
      [entry(7, 'other'), `web@${digest(7)}`],
      // By its tag, an image whose digest is sent with it.
      [inspected, 'web:7'],
    ] as const) {
      const { faults } = await problem(await compile(images, 'other:1', name), 'invalid-request');
      expect(faults).toEqual([
        expect.objectContaining({
          message: expect.stringContaining(`${digest(7)} contradicts the stored one`),
          pointer: '/workloads/spec/containers/1',
        }),
      ]);
    }
    // What no container names contradicts nothing.
    expect((await compile(entry(7, 'other'), `web@${digest(6)}`)).status).toBe(200);
  });

  test('the same workloads are not remembered for other images', async () => {
    for (let round = 0; round < 2; round += 1) {
      for (const name of ['x', 'y']) {
        const { manifests } = await compilation(
          await compile({ 'web:8': config([`/app/${name}`]) }, 'web:8'),
        );
        expect(allowlistOf(manifests)).toEqual([`/app/${name}`]);
        const form = new FormData();
        form.append('workloads', JSON.stringify(pod('web:8')));
        form.append('images', JSON.stringify({ 'web:8': config([`/app/form_${name}`]) }));
        const formed = await compilation(await send('/compile', { method: 'POST', body: form }));
        expect(allowlistOf(formed.manifests)).toEqual([`/app/form_${name}`]);
      }
      await problem(await postJson('/compile', pod('web:8')), 'overrides-denied');
    }
  });
});

describe('what is remembered of stored images', () => {
  afterAll(() => vi.useRealTimers());

  /** A Worker that counts the reads of images. */
  function counting(seconds: string) {
    const reads: unknown[] = [];
    const kv = new Proxy(env.POLICY_SETS, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'get' && Array.isArray(args[0])) reads.push(args[0]);
          return Reflect.apply(value, target, args);
        };
      },
    });
    return { reads, request: workerWith({ POLICY_SETS: kv, ALIAS_CACHE_SECONDS: seconds }) };
  }

  test('all digests of a request are read at once, and again when their time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { reads, request } = counting('30');
    await store(30);
    const images = [30, 31, 30, 32].map((index) => `web@${digest(index)}`);
    const ask = () => request('/compile', json('POST', pod(...images)));
    await problem(await ask(), 'overrides-denied');
    expect(reads).toEqual([[30, 31, 32].map((index) => `v1/images/${digest(index)}`)]);
    await problem(await ask(), 'overrides-denied');
    expect(reads).toHaveLength(1);
    vi.advanceTimersByTime(31_000);
    await problem(await ask(), 'overrides-denied');
    expect(reads).toHaveLength(2);
    vi.useRealTimers();
  });

  test('what the same Worker stores and removes counts at once', async () => {
    const { request } = counting('30');
    const ask = async () => (await request('/compile', json('POST', pod(`web@${digest(33)}`)))).status;
    expect(await ask()).toBe(403);
    await request(`/images/${digest(33)}`, json('PUT', config(['/app/web'])));
    expect(await ask()).toBe(200);
    await request(`/images/${digest(33)}`, { method: 'DELETE' });
    expect(await ask()).toBe(403);
  });

  test('a repeated body is compiled by what is stored now', async () => {
    for (const name of ['one', 'two']) {
      await store(34, name);
      for (let round = 0; round < 2; round += 1) {
        const { manifests } = await compilation(await postJson('/compile', pod(`web@${digest(34)}`)));
        expect(allowlistOf(manifests)).toEqual([`/app/${name}`]);
      }
      await send(`/images/${digest(34)}`, { method: 'DELETE' });
      await problem(await postJson('/compile', pod(`web@${digest(34)}`)), 'overrides-denied');
    }
  });

  test('when it cannot be read, nothing is decided', async () => {
    await store(35);
    const broken = new Proxy(env.POLICY_SETS, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          name === 'get' && Array.isArray(args[0])
            ? Promise.reject(new Error('a secret of our insides'))
            : Reflect.apply(value, target, args);
      },
    });
    const request = workerWith({ POLICY_SETS: broken });
    const image = `web@${digest(35)}`;
    const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [pod(image)] };
    const asked = { uid: 'u', operation: 'CREATE', namespace: 'shop', object: pod(image) };
    for (const [path, body] of [
      ['/compile', pod(image)],
      ['/authorize', pod(image)],
      ['/krm', list],
      ['/admission', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked }],
    ] as const)
      await problem(await request(path, json('POST', body)), 'images-unavailable');
  });
});

describe('the number of images that are looked up', () => {
  /** Pods with as many images in all. */
  const pods = (count: number) => {
    const images = Array.from({ length: count }, (_, index) => `web@${digest(1_000 + index)}`);
    const groups = Array.from({ length: 6 }, (_, group) => images.slice(100 * group, 100 * (group + 1)));
    const items = groups
      .filter((group) => group.length > 0)
      .map((group, index) => ({
        ...pod(...group),
        metadata: { ...pod().metadata, name: `web${index}`, labels: { app: `web${index}` } },
      }));
    return { apiVersion: 'v1', kind: 'List', items };
  };

  test(`${LIMITS.storedImages} are, and one more is refused`, async () => {
    await problem(await postJson('/compile', pods(LIMITS.storedImages)), 'overrides-denied');
    const { faults } = await problem(
      await postJson('/compile', pods(LIMITS.storedImages + 1)),
      'invalid-request',
    );
    expect(faults).toEqual([
      expect.objectContaining({
        pointer: '/items/5/spec/containers/0',
        message: expect.stringMatching(/500 images/),
      }),
    ]);
  });

  test('a review that names more somewhere is judged by those of its containers', async () => {
    await store(40);
    const names = Array.from({ length: 250 }, (_, index) => digest(2_000 + index)).join();
    const object = pod(`web@${digest(40)}`);
    const noted = { ...object, metadata: { ...object.metadata, annotations: { names } } };
    const request = { uid: 'u', operation: 'CREATE', namespace: 'shop', object: noted };
    const answer = await postJson('/admission', {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request,
    });
    expect(await answer.json()).toMatchObject({ response: { allowed: true } });
  });
});

test('impacts and the corpus are decided by what is stored', async () => {
  await create('pictures');
  await published(await publishText('pictures', '@id("all") permit (principal, action, resource);'));
  await point('pictures', 1);
  await published(await publishText('pictures', '@id("none") forbid (principal, action, resource);'));
  const impact = async (): Promise<unknown> =>
    (await postJson('/policy-sets/pictures/versions/2/impact', pod(`web@${digest(50)}`))).json();
  expect(await impact()).toMatchObject({ newDenials: 1 });
  await write('PUT', '/policy-sets/pictures/corpus', pod(`web@${digest(50)}`));
  const move = () =>
    write('PUT', '/policy-sets/pictures/aliases/active', { version: 2, requireNoNewDenials: true });
  await problem(await move(), 'new-denials');
  await store(50);
  expect(await impact()).toMatchObject({ newDenials: 0, unchanged: 0 });
  expect((await move()).status).toBe(200);
});
