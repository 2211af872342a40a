import { describe, expect, test } from 'vitest';
import { BINARY_CLASS_NAMES } from '../../src/learn/binary-classes.ts';
import { PUBLIC_WORKLOADS } from '../support/public-workloads.ts';
import { learnFromRun, runUnderPolicies, WAYS } from '../support/survival.ts';

function survivors(way: keyof typeof WAYS): number {
  return PUBLIC_WORKLOADS.filter((each) => runUnderPolicies(each, WAYS[way]).outcome === 'survives').length;
}

describe('of the workloads of public projects, the own run is survived', () => {
  test('by at least 60% with the configs of their images', () => {
    expect(survivors('Image configs') / PUBLIC_WORKLOADS.length).toBeGreaterThanOrEqual(0.6);
  });

  test('by at least 90% with a day of events and the classes that they need', () => {
    const way = 'Image configs and a day of events, every class included';
    expect(survivors(way) / PUBLIC_WORKLOADS.length).toBeGreaterThanOrEqual(0.9);
  });
});

test.each([[[]], [BINARY_CLASS_NAMES]])(
  'a list that would kill the run is never judged ready (include %j)',
  (include) => {
    for (const images of [false, true]) {
      for (const workload of PUBLIC_WORKLOADS) {
        const { policies } = learnFromRun(workload, { images, include });
        const verdict = policies.find(({ policy }) => policy === 'allow-binaries')?.verdict;
        const { outcome } = runUnderPolicies(workload, { images, include });
        const isReady = verdict === 'ready';
        expect(isReady, `${workload.project}/${workload.name} ${verdict} ${outcome}`).toBe(
          outcome === 'survives',
        );
      }
    }
  },
);
