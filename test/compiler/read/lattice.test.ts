import { describe, expect, test } from 'vitest';
import { app, faults, service, workload } from '../../support/services.ts';

const container = '/spec/workload/containers/0';
const secured = `${container}/securityContext`;

function withLabels(labels: Readonly<Record<string, string>>): unknown {
  return { ...service([app()]), metadata: { name: 'web', namespace: 'shop', labels } };
}

describe('what is refused, and where', () => {
  test.each([
    [
      'an unknown key in a security context',
      service([app({ runAsNonroot: true })]),
      [`${secured}/runAsNonroot: Unknown field "runAsNonroot". Did you mean runAsNonRoot?`],
    ],
    [
      'an unknown key set to null in a security context',
      service([app({ runAsNonroot: null })]),
      [`${secured}/runAsNonroot: Unknown field "runAsNonroot". Did you mean runAsNonRoot?`],
    ],
    [
      'an unknown key in capabilities',
      service([app({ capabilities: { dropp: ['ALL'] } })]),
      [`${secured}/capabilities/dropp: Unknown field "dropp". Did you mean drop?`],
    ],
    [
      'an unknown capability',
      service([app({ capabilities: { add: ['NET_ADMN'] } })]),
      [`${secured}/capabilities/add/0: Not a Linux capability: see capabilities(7).`],
    ],
    [
      'a string for a boolean',
      service([app({ privileged: 'yes' })]),
      [
        `${secured}/privileged: Expected true or false, not the string "yes". kubectl reads a plain yes as true: write true.`,
      ],
    ],
    [
      'a profile of no known type',
      service([app({ seccompProfile: { type: 'Unconfind' } })]),
      [
        `${secured}/seccompProfile/type: Expected one of RuntimeDefault, Unconfined and Localhost, not "Unconfind". Did you mean Unconfined?`,
      ],
    ],
    [
      'a security field outside of a security context',
      service([app({}, { allowedBinaries: ['/bin/x'] })]),
      [
        `${container}/allowedBinaries: The field "allowedBinaries" is not read here; it belongs in a container's securityContext.`,
      ],
    ],
    [
      'a misspelt securityContext',
      service([{ name: 'a', SecurityContext: {} }]),
      [`${container}/SecurityContext: Unknown field "SecurityContext". Did you mean securityContext?`],
    ],
    [
      'a misspelt command',
      service([{ name: 'a', comand: ['/bin/a'] }]),
      [`${container}/comand: Unknown field "comand". Did you mean command?`],
    ],
    [
      'a misspelt exec probe',
      service([app({}, { livenessProbe: { exce: {} } })]),
      [`${container}/livenessProbe/exce: Unknown field "exce". Did you mean exec?`],
    ],
    [
      'security and securityContext at once',
      service([{ name: 'a', security: {}, securityContext: {} }]),
      [`${container}/security: Give either security or securityContext, not both.`],
    ],
    [
      'a pod-level security context',
      service([app()], {}, { securityContext: { runAsUser: 0 } }),
      [
        '/spec/workload/securityContext: The field "securityContext" is not read here; it belongs in a container.',
      ],
    ],
    [
      'containers where nothing reads them',
      service([app()], {}, { sidecars: [] }),
      ['/spec/workload/sidecars: The field "sidecars" is not read here; it belongs in spec or spec.runtime.'],
    ],
    [
      'a misspelt pod-level switch',
      service([app()], { hostnetwork: true }),
      ['/spec/hostnetwork: Unknown field "hostnetwork". Did you mean hostNetwork?'],
    ],
    [
      'a pod-level switch set two ways',
      service([app()], { hostPID: false, runtime: { hostPID: true } }),
      ['/spec/hostPID: hostPID is set twice, to different values.'],
    ],
    ['no containers', service([]), ['/spec/workload/containers: A service needs at least one container.']],
    [
      'no containers in a map',
      service({}),
      ['/spec/workload/containers: A service needs at least one container.'],
    ],
    [
      'a container in a list without a name',
      service([{ image: 'a' }]),
      [`${container}/name: A container in a list needs a name.`],
    ],
    [
      'a container under another name',
      service({ a: { name: 'b' } }),
      ['/spec/workload/containers/a/name: The container is named b but stands under a.'],
    ],
    [
      'a name used twice',
      service([app()], { runtime: { sidecars: { app: { image: 'x' } } } }),
      ['/spec/runtime/sidecars/app: The container name app is used twice.'],
    ],
    [
      'an empty entrypoint',
      service([{ name: 'a', command: [''] }]),
      [`${container}/command/0: The entrypoint is empty.`],
    ],
    [
      'an exec probe without a command',
      service([app({}, { startupProbe: { exec: {} } })]),
      [`${container}/startupProbe/exec/command: This is missing: expected a list.`],
    ],
    [
      'a non-canonical entrypoint',
      service([{ name: 'a', command: ['/bin/../tmp/x'] }]),
      [`${container}/command/0: The entrypoint "/bin/../tmp/x" holds a . or .. segment.`],
    ],
    [
      'a capability that only looks like one',
      service([app({ capabilities: { add: ['\u017fYS_ADMIN'] } })]),
      [`${secured}/capabilities/add/0: Not a Linux capability: see capabilities(7).`],
    ],
    [
      'a spec that slipped out of spec',
      { ...service([app()]), runtime: { hostPID: true } },
      ['/runtime: The field "runtime" is not read here; it belongs in spec.'],
    ],
    [
      'a pod-level switch at the root',
      { ...service([app()]), hostNetwork: true },
      ['/hostNetwork: The field "hostNetwork" is not read here; it belongs in spec.runtime.'],
    ],
    [
      'a security context at the root',
      { ...service([app()]), securityContext: { privileged: true } },
      ['/securityContext: The field "securityContext" is not read here; it belongs in a container.'],
    ],
    [
      'a profile set by annotation',
      {
        ...service([app()]),
        metadata: {
          name: 'web',
          namespace: 'shop',
          annotations: { 'container.apparmor.security.beta.kubernetes.io/app': 'unconfined' },
        },
      },
      [
        "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1app: The profile is not read here; it belongs in a container's securityContext.",
      ],
    ],
    [
      'a label that Kubernetes would refuse',
      withLabels({ team: 'a b' }),
      ['/metadata/labels/team: Not a label value: at most 63 letters, digits, - _ and .'],
    ],
    [
      'too many labels',
      withLabels(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x']))),
      ['/metadata/labels: At most 64 labels are taken.'],
    ],
    [
      'an image reference without end',
      service([{ name: 'a', image: 'x'.repeat(513) }]),
      [`${container}/image: Expected at most 512 characters.`],
    ],
    [
      'more unknown fields than a person would write',
      service([
        app({}, Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`unknown${index}`, 1]))),
      ]),
      [': There are 101 unknown fields; at most 100 are let pass.'],
    ],
    [
      'an older version of the kind',
      { ...service([app()]), apiVersion: 'lattice.dev/v1' },
      ['/kind: Expected apiVersion lattice.dev/v1alpha1 for a LatticeService, not "lattice.dev/v1".'],
    ],
    ['no mapping', [1], [': Expected a LatticeService or a Kubernetes object, with apiVersion and kind.']],
    [
      'an empty list',
      { apiVersion: 'v1', kind: 'List', items: [] },
      [': There is no service in the body. Expected a LatticeService or a Kubernetes workload.'],
    ],
    [
      'a service twice',
      { apiVersion: 'v1', kind: 'List', items: [service([app()]), service([app()])] },
      ['/items/1/metadata/name: The service shop/web is in the body twice.'],
    ],
  ])('%s', (_, input, expected) => {
    expect(faults(input)).toEqual(expected);
  });

  test.each([
    ['usr/bin/x', 'is not absolute'],
    ['', 'is not absolute'],
    ['/', 'names the root directory'],
    ['/usr/bin/', 'ends with a slash'],
    ['/usr//bin', 'holds an empty segment (//)'],
    ['/usr/./bin', 'holds a . or .. segment'],
    ['/usr/bin/../../tmp/x', 'holds a . or .. segment'],
    ['/usr/\0/x', 'holds control'],
    ['/usr/\n/x', 'holds control'],
    ['/usr/\u2028/x', 'holds control'],
    ['/usr/\u202e/x', 'holds control'],
    [`/${'x'.repeat(4095)}`, 'is longer than 4095 bytes'],
    [`/${'ü'.repeat(2048)}`, 'is longer than 4095 bytes'],
  ])('the path %j', (path, problem) => {
    const found = faults(service([app({ allowedBinaries: [path] })]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${secured}/allowedBinaries/0: The path `);
    expect(found[0]).toContain(problem);
  });

  test('every fault of every service is reported at once', () => {
    const bad = service([app({ privileged: 1, runAsUser: -1 }), { name: 'b', comand: [] }]);
    expect(
      faults(`${JSON.stringify(bad)}\n---\n${JSON.stringify({ ...bad, kind: 'latticeServic' })}`).sort(),
    ).toEqual([
      '/kind: There is no kind "latticeServic" in lattice.dev/v1alpha1. Did you mean LatticeService?',
      `${secured}/privileged: Expected true or false, not 1.`,
      `${secured}/runAsUser: Expected at least 0.`,
      '/spec/workload/containers/1/comand: Unknown field "comand". Did you mean command?',
    ]);
  });

  test('faults by the ten thousand, which zod cannot always gather, are refused all the same', () => {
    expect(faults(service([app({}, { args: Array(99_000).fill(1) })])).length).toBeGreaterThan(0);
  });

  test('more than 1,000 services are too many', () => {
    const many = Array.from({ length: 1_001 }, (_, index) =>
      JSON.stringify({ ...service([app()]), metadata: { name: `s${index}`, namespace: 'a' } }),
    );
    expect(faults(many.join('\n---\n'))).toEqual([
      ': At most 1000 services are taken at once; there are 1001.',
    ]);
  });
});

describe('what passes', () => {
  test('known workload fields, and fields of the spec that are not ours', () => {
    const more = {
      env: [],
      ports: [],
      volumeMounts: [],
      resources: {},
      imagePullPolicy: 'Always',
      livenessProbe: { grpc: { port: 1 }, periodSeconds: 3 },
    };
    expect(faults(service([app({}, more)], { replicas: 3, ingress: {}, autoscaling: {} }))).toEqual([]);
  });

  test('a list and a map of the same containers are the same workload', () => {
    const security = { runAsNonRoot: true, allowedBinaries: ['/bin/x'] };
    const list = workload(service([{ name: 'a', command: ['/bin/a'], securityContext: security }]));
    const map = workload(service({ a: { command: ['/bin/a'], security } }));
    expect(map.containers.map(({ path: _, securityPath: __, ...rest }) => rest)).toEqual(
      list.containers.map(({ path: _, securityPath: __, ...rest }) => rest),
    );
  });

  test('null is the same as left out', () => {
    const nothing = {
      allowedBinaries: null,
      readOnlyRootFilesystem: null,
      capabilities: null,
      runAsUser: null,
    };
    expect(workload(service([app(nothing)])).containers[0]?.security).toEqual(
      workload(service([app()])).containers[0]?.security,
    );
  });

  test('containers named like members of Object', () => {
    const names = ['constructor', 'tostring', 'hasownproperty'];
    const input = service(Object.fromEntries(names.map((name) => [name, { command: ['/bin/a'] }])));
    expect(workload(input).containers.map(({ name }) => name)).toEqual(names);
  });
});
