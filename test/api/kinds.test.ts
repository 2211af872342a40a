import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { postJson, postYaml, publish, yamlText } from '../support/worker.ts';

const FIXTURES = Object.entries(
  import.meta.glob('../fixtures/kinds/*.yaml', { query: '?raw', import: 'default', eager: true }),
).map(([path, text]): [string, string] => [path.split('/').at(-1) ?? path, String(text)]);

beforeAll(async () => {
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

const Authorized = z.looseObject({
  decisions: z.array(
    z.looseObject({
      service: z.string(),
      override: z.string(),
      container: z.string().optional(),
      decision: z.enum(['allow', 'deny']),
    }),
  ),
});
const Denied = z.looseObject({
  denials: z.array(
    z.looseObject({ service: z.string(), override: z.string(), container: z.string().optional() }),
  ),
});
const Reviewed = z.looseObject({
  response: z.looseObject({
    allowed: z.boolean(),
    status: z
      .looseObject({ message: z.string(), details: z.looseObject({ causes: z.array(z.unknown()) }) })
      .optional(),
  }),
});

/** What is denied of an object, by each of the ways to ask: each as `<service> <container> <override>`, or how many. */
async function denials(text: string): Promise<{
  readonly authorize: readonly string[];
  readonly compile: readonly string[];
  readonly krm: number;
  readonly admission: number;
}> {
  const named = (each: z.output<typeof Denied>['denials'][number]): string =>
    `${each.service} ${each.container ?? 'pod'} ${each.override}`;
  const authorized = Authorized.parse(await (await postYaml('/authorize', text)).json());
  const compiled = await postYaml('/compile', text);
  expect([200, 403]).toContain(compiled.status);
  const object: unknown = parse(text);
  const { namespace } = z
    .looseObject({ metadata: z.looseObject({ namespace: z.string().optional() }) })
    .parse(object).metadata;
  const krm = await postYaml(
    '/krm',
    JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [object] }),
  );
  await yamlText(krm);
  const request = { uid: '1', operation: 'CREATE', namespace, userInfo: {}, object };
  const reviewed = Reviewed.parse(
    await (
      await postJson('/admission', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request })
    ).json(),
  ).response;
  expect(reviewed.allowed).toBe(reviewed.status === undefined);
  return {
    authorize: authorized.decisions.filter(({ decision }) => decision === 'deny').map(named),
    compile: compiled.status === 200 ? [] : Denied.parse(await compiled.json()).denials.map(named),
    krm: Number(krm.headers.get('tracewright-denials') ?? 0),
    admission: reviewed.status?.details.causes.length ?? 0,
  };
}

describe('an object of each kind of the table has the same decision wherever it is sent', () => {
  test.each(FIXTURES)('%s, which asks for nothing but binaries', async (_, text) => {
    expect(await denials(text)).toEqual({ authorize: [], compile: [], krm: 0, admission: 0 });
  });

  test.each(FIXTURES.filter(([, text]) => text.includes('capabilities: {drop: [ALL]}')))(
    '%s with a privileged container',
    async (_, text) => {
      const answer = await denials(text.replaceAll('capabilities: {drop: [ALL]}', 'privileged: true'));
      expect(answer.authorize.join()).toContain(' privileged');
      expect(answer).toEqual({
        authorize: answer.authorize,
        compile: answer.authorize,
        krm: answer.authorize.length,
        admission: answer.authorize.length,
      });
    },
  );
});
