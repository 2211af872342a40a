import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/emit/compile.ts';
import {
  BASELINE_TIERS,
  BaselineOptionsSchema,
} from '../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../src/compiler/emit/policies/baseline.ts';
import type { Manifest } from '../../src/compiler/emit/tracing-policy.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { type Blocked, readBlocked } from '../../src/events/blocked.ts';
import { type FoundService, ServiceFinder } from '../../src/events/event-service.ts';
import { type EventPod, readEvent } from '../../src/events/tetragon-event.ts';
import { eventsOf, type KprobeJson, type PodJson } from '../support/events.ts';
import { app, service, workload, workloads } from '../support/services.ts';

const LAYOUTS = ['per-policy', 'merged', 'shared'] as const;
const SCOPES = ['pod', 'container'] as const;
const MODES = ['enforce', 'monitor'] as const;
const ACTIONS = ['kill', 'deny'] as const;

const COMBINATIONS = LAYOUTS.flatMap((layout) =>
  SCOPES.flatMap((scope) =>
    MODES.flatMap((mode) => ACTIONS.map((action) => ({ layout, scope, mode, action }))),
  ),
);

const HARDENED = {
  allowedBinaries: ['/bin/app'],
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
};

/** Names as long as they may be, so that no message has room for them. */
const LONG = { name: 'n'.repeat(160), namespace: 'm'.repeat(63), container: 'c'.repeat(63) };

function deployment(name: string, namespace: string, container: string): unknown {
  const labels = { app: 'x' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'runtime.lattice.dev/allowed-binaries': '/bin/app' } },
        spec: {
          containers: [
            {
              name: container,
              image: 'app:1',
              securityContext: {
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}

const SUBJECTS: Readonly<Record<string, () => readonly Workload[]>> = {
  'api-server': () => workloads(readFileSync('examples/api-server.yaml', 'utf8')),
  'image-processor': () => workloads(readFileSync('examples/image-processor.yaml', 'utf8')),
  deployment: () => workloads(readFileSync('examples/deployment.yaml', 'utf8')),
  'a host PID namespace': () => [workload(service([app(HARDENED)], { runtime: { hostPID: true } }))],
  'long names': () => [workload(deployment(LONG.name, LONG.namespace, LONG.container))],
  'a name that is nearly cut': () => [workload(deployment('n'.repeat(100), LONG.namespace, LONG.container))],
  'dots and double hyphens': () => [workload(deployment('web--a.b', 'shop', 'a--b'))],
};

/** The version that permitted it, with as long a name and number as there are. */
const PERMITTED_BY = { name: 'p'.repeat(63), version: 999_999_999, digest: 'sha256:0' };

/** The pod of a container of a workload, as the agent knows it. */
function podOf({ namespace, name, kind, dialect, podLabels }: Workload, container: string): PodJson {
  return {
    namespace,
    name: `${name.slice(0, 50)}-x`,
    container: { name: container },
    pod_labels: dialect === 'lattice' ? { ...podLabels, 'app.kubernetes.io/name': name } : podLabels,
    workload: name,
    workload_kind: dialect === 'lattice' ? 'Deployment' : `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
  };
}

function read(json: KprobeJson): { blocked: Blocked; pod: EventPod | undefined } {
  const event = readEvent(json);
  if (!event.ok || event.event.kind !== 'kprobe') throw new Error('no event of a hook');
  const found = readBlocked(event.event);
  if (!found.ok) throw new Error(`${found.reason}: ${json.process_kprobe.message}`);
  return { blocked: found.blocked, pod: event.event.process.pod };
}

function compiledBy(subject: Workload, options: Partial<CompileOptions>): readonly Manifest[] {
  return compile(subject, { ...DEFAULT_OPTIONS, ...options }, PERMITTED_BY).manifests;
}

function found(event: KprobeJson, given: readonly Workload[]): FoundService {
  const { blocked, pod } = read(event);
  return new ServiceFinder(given).find(blocked, pod);
}

const cases = Object.keys(SUBJECTS).flatMap((name) =>
  COMBINATIONS.map((options) => [name, options] as const),
);

describe('an event of every hook of every manifest tells', () => {
  test.each(cases)('%s with %j', (name, options) => {
    const hooks = new Set<string>();
    for (const subject of SUBJECTS[name]?.() ?? []) {
      const { namespace, name: own, kind, dialect } = subject;
      for (const { name: container } of subject.containers) {
        const pod = podOf(subject, container);
        const applied = compiledBy(subject, options).filter(
          ({ spec: { containerSelector } }) =>
            containerSelector === undefined ||
            JSON.stringify(containerSelector).includes(JSON.stringify(container)),
        );
        for (const { manifest, kprobe, event } of eventsOf(applied, pod)) {
          hooks.add(kprobe.call);
          const { blocked } = read(event);
          const isShared = manifest.kind === 'TracingPolicy';
          expect(blocked).toMatchObject({
            policy: kprobe.tags[1],
            policyName: manifest.metadata.name,
            mode: options.mode,
            namespace,
            container,
            policySet: isShared ? undefined : { name: PERMITTED_BY.name, version: PERMITTED_BY.version },
          });
          if (blocked.confined !== undefined) expect(blocked.confined).toBe(options.scope === 'container');
          // Without the workload: by the message, by the name of the policy where that is cut, or by the pod.
          const service = found(event, []);
          expect(service).toMatchObject({ namespace, name: own });
          if (!isShared) expect(service).toMatchObject({ kind, isKindKnown: dialect === 'kubernetes' });
          expect(found(event, [subject])).toMatchObject({ workload: subject, knownBy: 'workload' });
        }
      }
    }
    expect(hooks.size).toBeGreaterThan(0);
  });
});

describe('an event of every hook of the baseline tells', () => {
  test.each(MODES.flatMap((mode) => ACTIONS.map((action) => ({ mode, action }))))('%j', (options) => {
    const manifest = baseline(BaselineOptionsSchema.parse({ ...options, tiers: [...BASELINE_TIERS] }));
    for (const { kprobe, event } of eventsOf([manifest], { namespace: 'shop', name: 'web-1' })) {
      expect(read(event).blocked).toMatchObject({
        policy: 'baseline',
        mode: options.mode,
        namespace: 'shop',
        action: { kind: 'baseline', call: kprobe.call },
      });
    }
  });
});

describe('a message that the agent has cut', () => {
  const subject = workload(deployment(LONG.name, LONG.namespace, LONG.container));
  const [manifest] = compiledBy(subject, { scope: 'container' });
  const [kprobe] = manifest?.spec.kprobes ?? [];

  test('is as long as one may be, and ends in the version', () => {
    expect(kprobe?.message).toHaveLength(256);
    expect(kprobe?.message.endsWith('version 999999999)')).toBe(true);
  });

  test('is made up for by the name of the policy, and only by the right one', () => {
    if (manifest === undefined) throw new Error('no manifest');
    const pod = podOf(subject, LONG.container);
    const [own] = eventsOf([manifest], pod);
    if (own === undefined) throw new Error('no event');
    expect(read(own.event).blocked.service).toBeUndefined();
    expect(found(own.event, [])).toMatchObject({
      name: LONG.name,
      kind: 'deployment',
      knownBy: 'policy-name',
    });
    const [other] = eventsOf([manifest], { ...pod, workload: 'another' });
    expect(other === undefined ? 'none' : found(other.event, [])).toBeUndefined();
    const [without] = eventsOf([manifest]);
    expect(without === undefined ? 'none' : found(without.event, [])).toBeUndefined();
    expect(without === undefined ? 'none' : found(without.event, [subject])).toMatchObject({
      knownBy: 'workload',
    });
  });
});

test('no service is found whose policy has another name', () => {
  const names = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(names, names, (mine, other) => {
      fc.pre(mine !== other);
      const subject = workload(deployment(mine, 'shop', 'app'));
      for (const { event } of eventsOf(compiledBy(subject, {}))) {
        const kprobe = event.process_kprobe;
        const message = kprobe.message.replace(`service shop/${mine}`, `service shop/${other}`);
        const forged = { ...event, process_kprobe: { ...kprobe, message } };
        expect(found(forged, [])).toBe('contradictory');
        expect(found(forged, [subject])).toBe('contradictory');
      }
    }),
    { numRuns: 30 },
  );
});

test.each<['pod' | 'container', readonly string[]]>([
  ['pod', ['shop/r-headgroup', 'shop/r-gpu']],
  ['container', ['shop/r-headgroup', 'shop/r-gpu']],
])(
  'the name of a policy tells the kind, also of one of several workloads of an object (scope=%s)',
  (scope, services) => {
    const template = { spec: { containers: [{ name: 'app', image: 'app:1', command: ['/app'] }] } };
    const object = {
      apiVersion: 'ray.io/v1alpha1',
      kind: 'RayCluster',
      metadata: { name: 'r', namespace: 'shop' },
      spec: { headGroupSpec: { template }, workerGroupSpecs: [{ groupName: 'gpu', template }] },
    };
    const told = workloads(JSON.stringify(object)).flatMap((subject) =>
      eventsOf(compiledBy(subject, { scope })).map(({ event }) => {
        const service = found(event, []);
        if (typeof service !== 'object') throw new Error('no service is found');
        return `${service.kind} ${service.isKindKnown} ${service.namespace}/${service.name}`;
      }),
    );
    expect(new Set(told)).toEqual(new Set(services.map((service) => `raycluster.ray.io true ${service}`)));
  },
);
