import { expect, test } from 'vitest';
import { z } from 'zod';
import { allowlistOf } from '../support/manifests.ts';
import { compilation, postJson, problem, publish } from '../support/worker.ts';
import latticeVectors from '../vectors/lattice-vectors.json' with { type: 'json' };
import vectors from '../vectors/vectors.json' with { type: 'json' };

const Expectation = z.strictObject({
  overrides: z.array(z.string()).optional(),
  decision: z.enum(['compiled', 'denied', 'invalid']),
  policies: z.array(z.string()).optional(),
  /** Of the only policy, or of each by its name. */
  allowlist: z
    .union([z.array(z.string()), z.record(z.string(), z.array(z.string()))])
    .nullable()
    .optional(),
  denied: z
    .array(
      z.strictObject({
        id: z.string(),
        container: z.string().optional(),
        reason: z.string(),
        policies: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  pointer: z.string().optional(),
});
const Vectors = z.array(
  z.looseObject({
    id: z.string(),
    service: z.unknown(),
    /** The same service in the spelling of Lattice's CRD. */
    crdForm: z.unknown().optional(),
    cedar: z.string(),
    expect: Expectation,
  }),
);

const all = [...Vectors.parse(vectors), ...Vectors.parse(latticeVectors)].flatMap((vector) => [
  vector,
  ...(vector.crdForm === undefined
    ? []
    : [
        {
          ...vector,
          id: `${vector.id} in the spelling of the CRD`,
          service: vector.crdForm,
          expect: { ...vector.expect, pointer: inCrd(vector.expect.pointer) },
        },
      ]),
]);

/** Where the CRD has the value that a vector finds at a pointer. */
function inCrd(pointer: string | undefined): string | undefined {
  return pointer
    ?.replace('/securityContext/', '/security/')
    .replace('/capabilities/add/', '/capabilities/')
    .replace('/seccompProfile/type', '/seccompProfile');
}

test.each(all.map((vector): [string, typeof vector] => [vector.id, vector]))('%s', async (_, vector) => {
  await publish(vector.cedar);
  const { expect: expected } = vector;
  const response = await postJson('/compile', vector.service);
  if (expected.decision === 'invalid') {
    const { faults } = await problem(response, 'invalid-request');
    expect(faults?.map(({ pointer }) => pointer)).toEqual([expected.pointer]);
    return;
  }
  const authorization = z
    .looseObject({ decisions: z.array(z.looseObject({ override: z.string() })) })
    .parse(await (await postJson('/authorize', vector.service)).json());
  expect([...new Set(authorization.decisions.map(({ override }) => override))].sort()).toEqual(
    expected.overrides,
  );
  if (expected.decision === 'denied') {
    const { denials = [] } = await problem(response, 'overrides-denied');
    expect(denials).toHaveLength(expected.denied?.length ?? 0);
    for (const [index, { id, container, reason, policies }] of (expected.denied ?? []).entries()) {
      expect(denials[index]).toMatchObject({
        override: id,
        ...(container === undefined ? {} : { container }),
        reason,
      });
      if (policies !== undefined)
        expect(denials[index]?.policies.map((policy) => policy.id)).toEqual(policies);
    }
    return;
  }
  const { manifests } = await compilation(response);
  if (expected.policies !== undefined)
    expect(manifests.map(({ metadata }) => metadata.name).sort()).toEqual(expected.policies.toSorted());
  const { allowlist = null } = expected;
  if (allowlist === null || Array.isArray(allowlist)) expect(allowlistOf(manifests)).toEqual(allowlist);
  else {
    for (const [policy, paths] of Object.entries(allowlist))
      expect(allowlistOf(manifests.filter(({ metadata }) => metadata.name === policy))).toEqual(paths);
  }
});
