import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selects } from '../../src/compiler/model/label-selector.ts';
import { TooManyEvents } from '../../src/events/events-unreadable.ts';
import { readEvent, type TetragonEvent } from '../../src/events/tetragon-event.ts';
import { Owners } from '../../src/learn/owners.ts';
import { execEvent } from '../support/cluster-events.ts';
import { workloads } from '../support/services.ts';

type Expression = Readonly<Record<string, unknown>>;

/** Deployments in `shop`, each with a container `web` and a selector of these expressions. */
function deployments(...selectors: readonly (readonly Expression[])[]) {
  const items = selectors.map((matchExpressions, index) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `web${index}`, namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' }, matchExpressions },
      template: { metadata: { labels: { app: 'web', a: '1' } }, spec: { containers: [{ name: 'web' }] } },
    },
  }));
  return workloads(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

function eventOf(labels: Readonly<Record<string, string>>): TetragonEvent {
  const read = readEvent(execEvent({ binary: '/a', labels }));
  if (!read.ok) throw new Error('no event');
  return read.event;
}

const labels = fc.dictionary(
  fc.constantFrom('app', 'a', 'b', 'c', '__proto__'),
  fc.constantFrom('web', '1', '2', ''),
);

test('pods that are remembered by what selectors ask of them have the workload that selects them', () => {
  const [one] = deployments([
    { key: 'a', operator: 'In', values: ['1', '2'] },
    { key: 'b', operator: 'NotIn', values: ['1'] },
    { key: 'c', operator: 'DoesNotExist' },
  ]);
  if (one?.podSelector === undefined) throw new Error('nothing to test');
  const { podSelector } = one;
  const owners = new Owners([one]);
  fc.assert(
    fc.property(labels, (own) => {
      const owner = owners.ownerOf(eventOf(own));
      expect(owner).toEqual(
        selects(podSelector, own) ? { workload: one, container: one.containers[0] } : 'other-pod',
      );
    }),
  );
});

describe('the comparisons of selectors with labels are bounded', () => {
  // One for the label, and one for its value; four for the expression and its values.
  const both = deployments([{ key: 'a', operator: 'In', values: ['1', '2', '3'] }]);

  test('each kind of pod counts once, whatever other labels it has', () => {
    const owners = new Owners(both, 6);
    for (let index = 0; index < 100; index += 1)
      expect(
        owners.ownerOf(eventOf({ app: 'web', a: '1', 'pod-template-hash': String(index) })),
      ).toMatchObject({
        workload: { name: 'web0' },
      });
    expect(() => owners.ownerOf(eventOf({ app: 'web', a: '2' }))).toThrow(TooManyEvents);
  });

  test('pods of other namespaces count for nothing', () => {
    const owners = new Owners(both, 0);
    const read = readEvent(execEvent({ binary: '/a', namespace: 'ops' }));
    expect(read.ok && owners.ownerOf(read.event)).toBe('other-namespace');
  });
});
