import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answerWithin } from '../../../src/api/admission/timeout.ts';
import { createApp } from '../../../src/app.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { Isolate } from '../../../src/isolate.ts';
import { ADMIN } from '../../support/credentials.ts';
import { postJson, problem, publish, send } from '../../support/worker.ts';

/** AdmissionReviews as a Kubernetes 1.34 API server sent them, byte for byte. */
const REVIEWS = z
  .record(z.string(), z.string())
  .parse(
    import.meta.glob('../../fixtures/reviews/*.json', { query: '?raw', import: 'default', eager: true }),
  );

function reviewText(name: string): string {
  const text = REVIEWS[`../../fixtures/reviews/${name}.json`];
  if (text === undefined) throw new Error(`There is no review ${name}.`);
  return text;
}

const Answer = z.strictObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.strictObject({
    uid: z.string(),
    allowed: z.boolean(),
    status: z.looseObject({ code: z.number(), reason: z.string(), message: z.string() }).optional(),
    warnings: z.array(z.string().max(256)).optional(),
  }),
});
const Sent = z.looseObject({ request: z.looseObject({ uid: z.string() }) });

/** Sends a review as the API server does. */
async function ask(text: string, query = '?timeout=10s'): Promise<z.output<typeof Answer>['response']> {
  const response = await send(`/admission${query}`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', accept: 'application/json, */*' },
  });
  const answer = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : answer}`).toBe('200 ');
  const read = Answer.parse(JSON.parse(answer)).response;
  expect(read.uid).toBe(Sent.parse(JSON.parse(text)).request.uid);
  return read;
}

beforeAll(async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the time that the API server gives', () => {
  const review = reviewText('CREATE-deployments--admin--4');

  test.each(['10s', '30s', '1s', '1m0s', '1.5s', '500ms', '2h45m0s', '100µs'])(
    'timeout=%s is taken',
    async (timeout) => {
      await ask(review, `?timeout=${encodeURIComponent(timeout)}`);
    },
  );

  test.each(['10', 's', '-1s', '10s 5s', '10x', ''])('timeout=%s is a fault', async (timeout) => {
    const { faults } = await problem(
      await send(`/admission?timeout=${timeout}`, { method: 'POST', body: review }),
      'invalid-request',
    );
    expect(faults).toMatchObject([{ parameter: 'timeout' }]);
  });

  test.each([
    [undefined, 9_000],
    ['10s', 9_000],
    ['2s', 1_500],
    ['1m0s', 29_000],
    ['500ms', 375],
  ])('with timeout=%s the answer is there within %d ms', (timeout, milliseconds) => {
    expect(answerWithin(timeout)).toBe(milliseconds);
  });

  test.each([
    ['?timeout=2s', 1_500],
    ['?timeout=10s', 9_000],
    ['', 9_000],
  ])('%s: what is not decided %d ms after it came is denied', async (query, milliseconds) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    // Each read of KV is in time, but not two of them.
    const slow = new Proxy(env.POLICY_SETS, {
      get:
        (kv, name) =>
        async (...args: unknown[]) => {
          await new Promise((resolve) => setTimeout(resolve, 4_900));
          return Reflect.apply(Reflect.get(kv, name), kv, args);
        },
    });
    let answered = false;
    const headers = { ...ADMIN, 'content-type': 'application/json' };
    const asked = Promise.resolve(
      createApp(new Isolate()).request(
        `/admission${query}`,
        { method: 'POST', body: review, headers },
        { ...env, POLICY_SETS: slow },
      ),
    ).then((response) => {
      answered = true;
      return response;
    });
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const { response } = Answer.parse(await (await asked).json());
    expect(response).toMatchObject({ allowed: false, status: { code: 504, reason: 'Timeout' } });
  });
});

/** What the real reviews are answered where no policy permits anything. */
const ANSWERS: readonly (readonly [string, RegExp | true])[] = [
  [
    'CREATE-cronjobs--admin--7',
    /^allowedBinary:\/usr\/bin\/pg_dump is denied for shop\/backup, container app/,
  ],
  ['CREATE-daemonsets--admin--10', /^runAsRoot is denied for shop\/fluent-bit/],
  ['CREATE-deployments--admin--4', /^allowedBinary:\/docker-entrypoint\.sh is denied for shop\/nginx/],
  ['CREATE-deployments--admin--8', true],
  ['CREATE-jobs--admin--6', true],
  // Under the name that CI decides by.
  ['CREATE-jobs--admin-seed--2', /^runAsRoot is denied for shop\/seed, container app/],
  ['CREATE-jobs--cronjob-controller--18', true],
  ['CREATE-pods--admin--9', /^apparmor:Localhost is denied for shop\/loc.* seccomp:Localhost is denied/],
  [
    'CREATE-pods--admin-runner--3',
    /^allowedBinary:\* \(inferred\) is denied for shop\/runner, container app/,
  ],
  ['CREATE-pods--job-controller-backup-29927342--19', true],
  ['CREATE-pods--replicaset-controller-plain-846dfc489c--16', true],
  ['CREATE-pods--replicaset-controller-plain-86967df49b--15', true],
  ['CREATE-statefulsets--admin--5', /^allowedBinary:\* \(inferred\) is denied for shop\/postgres/],
  // A label of a Pod whose Deployment was judged.
  ['UPDATE-pods--admin-plain-5c8745b4d7--11', true],
  [
    'UPDATE-pods-ephemeralcontainers-admin-plain-5c8745b4d7--12',
    /^ephemeralContainer is denied for shop\/plain-5c8745b4d7, container /,
  ],
  ['UPDATE-replicasets--deployment-controller--13', true],
  ['UPDATE-replicasets--deployment-controller--14', true],
  ['UPDATE-replicasets--deployment-controller--17', true],
  // The garbage collector leaves an orphan, which has a fault from before.
  ['UPDATE-replicasets--generic-garbage-collector--1', true],
  ['webhook-freezes-what-runs.apparmor-annotation', true],
  ['webhook-freezes-what-runs.selinux', true],
];
const DENIED = ANSWERS.flatMap(([name, answer]) => (answer === true ? [] : [name]));

const Obj = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), generateName: z.string().optional() }),
});
const Review = z.looseObject({
  request: z.looseObject({ uid: z.string(), object: Obj, oldObject: Obj.nullable() }),
});
type Review = z.output<typeof Review>;

/** A real review, changed. */
function changed(name: string, change: (request: Review['request']) => object): string {
  const { request, ...rest } = Review.parse(JSON.parse(reviewText(name)));
  return JSON.stringify({ ...rest, request: { ...request, ...change(request) } });
}

describe('real reviews', () => {
  beforeAll(async () => {
    await publish('permit (principal, action, resource) when { resource.override_id == "no such" };', 'none');
    await publish(
      ['backup', 'fluent-bit', 'nginx', 'seed', 'loc', 'runner', 'postgres', 'plain-5c8745b4d7']
        .map((name) => `permit (principal == Lattice::Service::"shop/${name}", action, resource);`)
        .join('\n'),
      'named',
    );
  });

  test('are all in the table', () => {
    expect(ANSWERS.map(([name]) => `../../fixtures/reviews/${name}.json`)).toEqual(
      Object.keys(REVIEWS).sort(),
    );
  });

  test.each(ANSWERS)('%s, where nothing is permitted', async (name, expected) => {
    const { allowed, status } = await ask(reviewText(name), '?timeout=10s&policySet=none');
    if (expected === true) expect({ allowed, status }).toEqual({ allowed: true, status: undefined });
    else {
      expect({ allowed, code: status?.code }).toEqual({ allowed: false, code: 403 });
      expect(status?.message).toMatch(expected);
    }
  });

  test.each(ANSWERS)('%s, where it is permitted by the name in CI', async (name) => {
    expect((await ask(reviewText(name), '?timeout=10s&policySet=named')).allowed).toBe(true);
  });

  test.each(DENIED)('%s is decided as in CI, where the cluster has named nothing yet', async (name) => {
    const { request } = Review.parse(JSON.parse(reviewText(name)));
    const { name: given, ...metadata } = request.object.metadata;
    const named = metadata.generateName === undefined ? { ...metadata, name: given } : metadata;
    for (const set of ['none', 'named']) {
      const answer = await postJson(`/authorize?policySet=${set}`, { ...request.object, metadata: named });
      const { decision } = z.looseObject({ decision: z.string() }).parse(await answer.json());
      expect(decision).toBe((await ask(reviewText(name), `?policySet=${set}`)).allowed ? 'allow' : 'deny');
    }
  });

  test.each([
    ['a name that the cluster did not make', { name: 'web', generateName: 'seed-' }, 'shop/web'],
    ['another beginning', { name: 'web-jn7tz', generateName: 'seed-' }, 'shop/web-jn7tz'],
    [
      'an ending that the cluster does not make',
      { name: 'seed-aeiou', generateName: 'seed-' },
      'shop/seed-aeiou',
    ],
    [
      'a long beginning',
      { name: `${'s'.repeat(58)}jn7tz`, generateName: `${'s'.repeat(70)}-` },
      `shop/${'s'.repeat(58)}`,
    ],
  ])('a Job with %s', async (_, metadata, principal) => {
    const review = changed('CREATE-jobs--admin-seed--2', ({ object }) => ({
      object: { ...object, metadata: { ...object.metadata, ...metadata } },
    }));
    expect((await ask(review, '?policySet=none')).status?.message).toContain(` ${principal}, `);
  });

  test('a Job that a user makes from a CronJob has no permit of that, but of the labels that both have', async () => {
    const byHand = (labels: object) =>
      changed('CREATE-jobs--cronjob-controller--18', ({ object }) => ({
        userInfo: { username: 'ada' },
        object: {
          ...object,
          metadata: {
            ...object.metadata,
            name: 'by-hand',
            labels,
            annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
          },
        },
      }));
    expect((await ask(byHand({}), '?policySet=named')).status?.message).toContain('shop/by-hand');
    await publish(
      'permit (principal, action, resource) when { principal.hasTag("app.kubernetes.io/name") && principal.getTag("app.kubernetes.io/name") == "backup" };',
      'labelled',
    );
    expect((await ask(byHand({}), '?policySet=labelled')).allowed).toBe(false);
    expect((await ask(byHand({ 'app.kubernetes.io/name': 'backup' }), '?policySet=labelled')).allowed).toBe(
      true,
    );
  });
});

describe('a change of what has a fault', () => {
  const FREEZES = 'webhook-freezes-what-runs.selinux';
  const CONTEXT = ['spec', 'template', 'spec', 'containers', '0', 'securityContext'] as const;
  /** An object with a field that there is not. */
  const faulty = (object: object | null): Record<string, unknown> =>
    set<Record<string, unknown>>(structuredClone({ ...object }), { noSuchField: true }, ...CONTEXT);
  const template = { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-25T20:31:59Z' } };

  test.each<[string, (object: Record<string, unknown>) => unknown, boolean]>([
    ['is scaled', (object) => set(object, 5, 'spec', 'replicas'), true],
    ['is annotated', (object) => set(object, template.annotations, 'metadata', 'annotations'), true],
    ['is labelled', (object) => set(object, { quarantine: 'true' }, 'metadata', 'labels'), true],
    [
      'is restarted',
      (object) => set(object, template.annotations, 'spec', 'template', 'metadata', 'annotations'),
      true,
    ],
    [
      'asks for more binaries',
      (object) =>
        set(
          object,
          { 'runtime.lattice.dev/allowed-binaries': '/bin/sh' },
          'spec',
          'template',
          'metadata',
          'annotations',
        ),
      false,
    ],
    [
      'has another image',
      (object) => set(object, 'evil:1', 'spec', 'template', 'spec', 'containers', '0', 'image'),
      false,
    ],
    [
      'shares the PID namespace of the host',
      (object) => set(object, true, 'spec', 'template', 'spec', 'hostPID'),
      false,
    ],
    ['has another fault', (object) => set(object, true, ...CONTEXT, 'anotherField'), false],
    ['selects others', (object) => set(object, {}, 'spec', 'selector', 'matchLabels'), false],
  ])('%s', async (_, change, allowed) => {
    const review = changed(FREEZES, ({ object, oldObject }) => ({
      object: change(faulty(object)),
      oldObject: faulty(oldObject),
    }));
    const answer = await ask(review);
    expect(answer.allowed).toBe(allowed);
    if (allowed) expect(answer.warnings?.join()).toContain('The object had it before, so it may stay.');
    else expect(answer.status).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  test('cannot hide another image behind a template that is none of its kind', async () => {
    const decoy = { jobTemplate: { spec: { template: { spec: { containers: [] } } } } };
    const both = (object: Record<string, unknown>) =>
      Object.assign(object, { spec: { ...z.looseObject({}).parse(object.spec), ...decoy } });
    const review = changed(FREEZES, ({ object, oldObject }) => ({
      object: set(both(faulty(object)), 'evil:1', 'spec', 'template', 'spec', 'containers', '0', 'image'),
      oldObject: both(faulty(oldObject)),
    }));
    expect((await ask(review)).allowed).toBe(false);
  });

  test('that had none before is denied', async () => {
    const review = changed(FREEZES, ({ object, oldObject }) => ({
      object: faulty(object),
      oldObject: set(structuredClone({ ...oldObject }), {}, ...CONTEXT),
    }));
    expect((await ask(review)).status?.code).toBe(422);
  });

  test('is no new object', async () => {
    const made = changed(FREEZES, ({ object }) => ({
      operation: 'CREATE',
      object: faulty(object),
      oldObject: null,
    }));
    expect((await ask(made)).status?.code).toBe(422);
  });
});

/** Sets a value somewhere in an object. */
function set<T extends object>(object: T, value: unknown, ...path: string[]): T {
  let at: object = object;
  for (const step of path.slice(0, -1)) {
    const next: unknown = Reflect.get(at, step);
    if (typeof next !== 'object' || next === null) throw new Error(`There is no ${step}.`);
    at = next;
  }
  Reflect.set(at, path.at(-1) ?? '', value);
  return object;
}

describe('a Pod of a permitted Deployment', () => {
  const RELABEL = 'UPDATE-pods--admin-plain-5c8745b4d7--11';
  beforeAll(async () => {
    await publish('permit (principal == Lattice::Service::"shop/plain", action, resource);', 'plain');
  });
  const query = '?policySet=plain';

  test('is labelled without a word', async () => {
    expect(await ask(reviewText(RELABEL), query)).not.toHaveProperty('warnings');
  });

  test.each<[string, unknown, ...string[]]>([
    ['gets another image', 'evil:1', 'spec', 'containers', '0', 'image'],
    ['gets more binaries', { 'runtime.lattice.dev/allowed-binaries': '/bin/sh' }, 'metadata', 'annotations'],
  ])('that %s is judged by itself', async (_, value, ...path) => {
    const review = changed(RELABEL, ({ object }) => ({
      object: set(structuredClone(object), value, ...path),
    }));
    const { allowed, status } = await ask(review, query);
    expect({ allowed, code: status?.code }).toEqual({ allowed: false, code: 403 });
  });

  test('is no permit for a new Pod that says so', async () => {
    const review = changed(RELABEL, () => ({ operation: 'CREATE', oldObject: null }));
    expect((await ask(review, query)).allowed).toBe(false);
  });

  test('has no permit for a debug container that asks for something', async () => {
    const review = changed('UPDATE-pods-ephemeralcontainers-admin-plain-5c8745b4d7--12', ({ object }) => ({
      object: set(
        structuredClone(object),
        { privileged: true },
        'spec',
        'ephemeralContainers',
        '0',
        'securityContext',
      ),
    }));
    expect((await ask(review, query)).status?.message).toContain('privileged is denied');
  });
});

describe('what an operator makes of a workload of a kind that Kubernetes does not have', () => {
  const made = (username: string, owner: object) =>
    changed('CREATE-deployments--admin--4', ({ object }) => ({
      userInfo: { username },
      object: {
        ...object,
        metadata: {
          ...object.metadata,
          ownerReferences: [
            {
              apiVersion: 'lattice.dev/v1alpha1',
              kind: 'LatticeService',
              name: 'nginx',
              controller: true,
              ...owner,
            },
          ],
        },
      },
    }));
  const OPERATOR = 'system:serviceaccount:lattice-system:lattice-operator';
  const headers = { ...ADMIN, 'content-type': 'application/json' };
  beforeAll(async () => {
    await publish('permit (principal, action, resource) when { resource.override_id == "no such" };', 'none');
  });

  test.each<[string, string, object, boolean]>([
    ['the operator', OPERATOR, {}, true],
    ['a user', 'ada', {}, false],
    ['an account of another namespace', 'system:serviceaccount:shop:lattice-operator', {}, false],
    ['the operator, of a Deployment', OPERATOR, { apiVersion: 'apps/v1', kind: 'Deployment' }, false],
    ['the operator, of what is not its controller', OPERATOR, { controller: false }, false],
    ['the operator, of a Rollout', OPERATOR, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }, true],
    ['a user, of a Rollout', 'ada', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }, false],
    [
      'the operator, of a kind that is not read',
      OPERATOR,
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' },
      false,
    ],
    ['the operator, of another group', OPERATOR, { apiVersion: 'lattice.dev.example/v1alpha1' }, false],
  ])('by %s', async (_, username, owner, allowed) => {
    const answer = async (bindings: object) => {
      const response = await createApp(new Isolate()).request(
        '/admission?policySet=none&timeout=10s',
        { method: 'POST', body: made(username, owner), headers },
        { ...env, ...bindings },
      );
      return Answer.parse(await response.json()).response.allowed;
    };
    expect(await answer({ ADMISSION_OPERATORS: `system:serviceaccount:a:b, ${OPERATOR}` })).toBe(allowed);
    expect(await answer({})).toBe(false);
  });

  test.each(['lattice-operator', 'system:serviceaccount:a', '*'])(
    'ADMISSION_OPERATORS=%s is a wrong setting',
    async (value) => {
      const response = await createApp(new Isolate()).request(
        '/caller',
        { headers },
        { ...env, ADMISSION_OPERATORS: value },
      );
      expect((await problem(response, 'not-configured')).detail).toContain('ADMISSION_OPERATORS');
    },
  );
});

describe('a large object', () => {
  /** The Deployment of a real review with so many variables, as the API server keeps it: twice, with its fields. */
  const large = (count: number) => {
    const variables = Array.from({ length: count }, (_, index) => ({
      name: `VARIABLE_${index}`,
      value: 'x'.repeat(60),
    }));
    const fields = Object.fromEntries(
      variables.map(({ name }) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
    );
    return changed('webhook-freezes-what-runs.selinux', ({ object }) => {
      const sized = (replicas: number) => {
        const copy = structuredClone(object);
        set(copy, replicas, 'spec', 'replicas');
        set(copy, [{ manager: 'kubectl', fieldsV1: { 'f:env': fields } }], 'metadata', 'managedFields');
        set(copy, variables, 'spec', 'template', 'spec', 'containers', '0', 'env');
        return set(copy, {}, 'spec', 'template', 'spec', 'containers', '0', 'securityContext');
      };
      return { object: sized(2), oldObject: sized(1) };
    });
  };

  test.each([3_600, 9_300])('of %d variables can be changed', async (count) => {
    const review = large(count);
    // The old and the new object: of 573 KB each, and of as much as etcd takes.
    expect(review.length).toBeGreaterThan(count === 3_600 ? 2 * 573_000 : 2.8 * 1_048_576);
    expect((await ask(review)).allowed).toBe(true);
  });

  test('has a limit', async () => {
    const post = (body: string, type = 'json') =>
      send('/admission', { method: 'POST', body, headers: { 'content-type': `application/${type}` } });
    const padded = (length: number) => reviewText('CREATE-jobs--admin--6').padEnd(length);
    expect((await post(padded(LIMITS.admissionBytes))).status).toBe(200);
    await problem(await post(padded(LIMITS.admissionBytes + 1)), 'body-too-large');
    const many = (count: number) =>
      changed('CREATE-jobs--admin--6', ({ object }) => ({
        object: { ...object, status: Array(count).fill(0) },
      }));
    expect((await post(many(LIMITS.admissionNodes - 1_000))).status).toBe(200);
    await problem(await post(many(LIMITS.admissionNodes + 1)), 'malformed-body');
    expect((await post(padded(LIMITS.bodyBytes), 'yaml')).status).toBe(200);
    await problem(await post(padded(LIMITS.bodyBytes + 1), 'yaml'), 'body-too-large');
  });
});

describe('warnings', () => {
  test('are as in CI, each once, and no more than the API server passes on', async () => {
    const containers = Array.from({ length: 90 }, (_, index) => ({
      name: `c${index}`,
      image: 'app:1',
      command: ['/bin/app'],
      securityContext: { privileged: true },
    }));
    await publish('permit (principal, action, resource);', 'all');
    const review = changed('webhook-freezes-what-runs.selinux', ({ object }) => ({
      operation: 'CREATE',
      oldObject: null,
      object: set(structuredClone(object), containers, 'spec', 'template', 'spec', 'containers'),
    }));
    const { warnings = [] } = await ask(review, '?policySet=all');
    expect(warnings[0]).toBe('c0: The container c0 may hold every capability, so block-capset is left out.');
    expect(warnings.at(-1)).toMatch(/^There are \d+ more warnings; POST \/compile tells all of them\.$/);
    expect(new Set(warnings).size).toBe(warnings.length);
    expect(warnings.join('').length).toBeLessThanOrEqual(4_096);
  });

  test('are not told again of a change', async () => {
    await publish('permit (principal, action, resource);', 'all');
    const review = changed('UPDATE-pods-ephemeralcontainers-admin-plain-5c8745b4d7--12', ({ oldObject }) => ({
      object: oldObject,
    }));
    expect(await ask(review, '?policySet=all')).not.toHaveProperty('warnings');
  });
});

test('a Pod that no policy can select is refused as in CI, and let be where it runs', async () => {
  const bare = (more: object) =>
    changed('CREATE-pods--admin--9', ({ object }) => ({
      ...more,
      object: { ...object, metadata: { name: 'loc', namespace: 'shop' } },
    }));
  const { status } = await ask(bare({}));
  expect(status?.message).toMatch(/have no labels, so no policy can select them/);
  const same = changed('CREATE-pods--admin--9', ({ object }) => {
    const unlabelled = { ...object, metadata: { name: 'loc', namespace: 'shop' } };
    return { operation: 'UPDATE', object: unlabelled, oldObject: unlabelled };
  });
  expect((await ask(same)).allowed).toBe(true);
});

describe('AppArmor profiles as Kubernetes 1.31 to 1.33 sends them, in the field and in the annotation', () => {
  const KEY = 'container.apparmor.security.beta.kubernetes.io/app';
  const withProfile = (annotation: string) =>
    changed('CREATE-pods--admin--9', ({ object }) => ({
      object: set(structuredClone(object), { [KEY]: annotation }, 'metadata', 'annotations'),
    }));

  test.each([
    ['localhost/k8s-p', 403, /apparmor:Localhost is denied for shop\/loc/],
    ['unconfined', 422, /asks for Unconfined and the container's appArmorProfile for Localhost/],
    ['runtime/default', 422, /asks for RuntimeDefault and the container's appArmorProfile for Localhost/],
  ])('%s beside a Localhost profile is %d', async (annotation, code, message) => {
    const { status } = await ask(withProfile(annotation), '?policySet=none');
    expect(status?.code).toBe(code);
    expect(status?.message).toMatch(message);
  });

  test('are admitted where they are permitted', async () => {
    expect((await ask(withProfile('localhost/k8s-p'), '?policySet=named')).allowed).toBe(true);
  });
});
