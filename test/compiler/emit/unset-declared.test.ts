import { describe, expect, test } from 'vitest';
import { compiled, service } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

const lattice = (one: Fields, other: Fields): Fields =>
  service({
    one: { image: 'a:1', command: ['/one'], security: one },
    other: { image: 'b:1', command: ['/other'], securityContext: other },
  });

const kubernetes = (one: Fields, other: Fields): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'one', command: ['/one'], securityContext: one },
          { name: 'other', command: ['/other'], securityContext: other },
        ],
      },
    },
  },
});

/** Whether the pod has a policy, and the container of which a notice says that it prevents one. */
function outcome(
  input: Fields,
  policy: string,
): { readonly has: boolean; readonly because: readonly unknown[] } {
  const { manifests, notices } = compiled(input, { unset: 'declared' });
  return {
    has: manifests.some(({ metadata }) => metadata.name.startsWith(policy)),
    because: notices.filter(({ code }) => code === 'PolicySkippedForPod').map(({ container }) => container),
  };
}

const ROOTFS = { readOnlyRootFilesystem: true };
const NON_ROOT = { runAsNonRoot: true };

describe('unset=declared: one container asks for a policy of its pod', () => {
  test.each<[string, string, Fields, Fields, boolean, boolean]>([
    ['and the other leaves it out', 'block-rootfs-write', ROOTFS, {}, true, false],
    ['and the other has null', 'block-rootfs-write', ROOTFS, { readOnlyRootFilesystem: null }, true, false],
    [
      'and the other refuses it',
      'block-rootfs-write',
      ROOTFS,
      { readOnlyRootFilesystem: false },
      false,
      false,
    ],
    ['and the other too', 'block-rootfs-write', ROOTFS, ROOTFS, true, true],
    ['and the other leaves it out', 'block-setuid', NON_ROOT, {}, true, false],
    ['and the other refuses it', 'block-setuid', NON_ROOT, { runAsNonRoot: false }, false, false],
    ['and the other runs as root', 'block-setuid', NON_ROOT, { runAsUser: 0 }, false, false],
    ['and the other runs as somebody', 'block-setuid', NON_ROOT, { runAsUser: 7 }, true, false],
    [
      'and the other contradicts itself',
      'block-setuid',
      NON_ROOT,
      { runAsNonRoot: true, runAsUser: 0 },
      true,
      true,
    ],
    ['and the other too', 'block-setuid', NON_ROOT, NON_ROOT, true, true],
  ])('%s (%s)', (_, policy, one, other, ofLattice, ofKubernetes) => {
    for (const [form, has] of [
      [lattice, ofLattice],
      [kubernetes, ofKubernetes],
    ] as const)
      expect(outcome(form(one, other), policy)).toEqual({ has, because: has ? [] : ['other'] });
  });

  test('none asks', () => {
    for (const form of [lattice, kubernetes])
      for (const policy of ['block-rootfs-write', 'block-setuid'])
        expect(outcome(form({}, {}), policy)).toEqual({ has: false, because: [] });
  });
});
