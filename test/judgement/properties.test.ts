import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import * as arbitrary from '../support/arbitraries.ts';
import { runs } from '../support/runs.ts';
import { compilation, postJson, problem, publish } from '../support/worker.ts';

const POLICIES = `
  permit (principal, action, resource);
  forbid (principal, action, resource == Lattice::SecurityOverride::"capability:ALL");
  forbid (principal, action, resource == Lattice::SecurityOverride::"privileged");
  forbid (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:*") when { context.container != "app" };`;

test('through the Worker: a denied request has no manifest, a permitted one no denial', async () => {
  await publish(POLICIES);
  const seen = { compiled: 0, denied: 0 };
  const { numRuns } = runs(1_000);
  await fc.assert(
    fc.asyncProperty(arbitrary.service, async (service) => {
      const authorization = z
        .looseObject({
          decision: z.enum(['allow', 'deny']),
          decisions: z.array(z.looseObject({ decision: z.string() })),
        })
        .parse(await (await postJson('/authorize', service)).json());
      const response = await postJson('/compile', service);
      if (authorization.decision === 'allow') {
        seen.compiled += 1;
        expect((await compilation(response)).decisions).toEqual(authorization.decisions);
      } else {
        seen.denied += 1;
        const { denials } = await problem(response, 'overrides-denied');
        expect(denials).toEqual(authorization.decisions.filter(({ decision }) => decision === 'deny'));
      }
    }),
    { numRuns },
  );
  // The property says nothing if one side never came up.
  expect(Math.min(seen.compiled, seen.denied)).toBeGreaterThan(numRuns / 20);
});
