import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { faults, workloads } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

function document(kind: string, spec: Fields): Fields {
  return { apiVersion: 'lattice.dev/v1alpha1', kind, metadata: { name: 'w', namespace: 'n' }, spec };
}
const job = (defaults: unknown, tasks: Fields): Fields => document('LatticeJob', { defaults, tasks });
const model = (defaults: unknown, roles: Fields): Fields => document('LatticeModel', { defaults, roles });

/** What a document asks for: the workload, the container, the override and where it was written. */
function asks(input: unknown, authorizeEntrypoints = false): string[] {
  return workloads(JSON.stringify(input)).flatMap((workload) =>
    securityOverrides(workload, { authorizeEntrypoints }).map(
      ({ id, container, path }) => `${workload.name} ${container ?? 'pod'} ${id} ${toPointer(path)}`,
    ),
  );
}

const DEFAULT = '/spec/defaults/workload/containers/m';
const OWN = '/spec/tasks/t/workload/containers/m';

/** A job with one container in its defaults and, under the same name, in its task. */
const merged = (defaults: Fields, own: Fields): Fields =>
  job({ workload: { containers: { m: defaults } } }, { t: { workload: { containers: { m: own } } } });

describe('a container of a task, field by field', () => {
  const command = ['/d'];
  test.each<[string, Fields, Fields, readonly string[]]>([
    [
      'a privileged default is asked for',
      { command, security: { privileged: true } },
      {},
      [`privileged ${DEFAULT}/security/privileged`],
    ],
    [
      'so is one beside a context of its own',
      { command, security: { privileged: true } },
      { security: { runAsUser: 7 } },
      [`privileged ${DEFAULT}/security/privileged`],
    ],
    [
      'so is one whose own is null',
      { command, security: { privileged: true } },
      { security: { privileged: null } },
      [`privileged ${DEFAULT}/security/privileged`],
    ],
    [
      'one that is refused is not',
      { command, security: { privileged: true } },
      { security: { privileged: false } },
      [],
    ],
    [
      'a default of the other spelling',
      {
        command,
        securityContext: { capabilities: { add: ['BPF'] }, seccompProfile: { type: 'Unconfined' } },
      },
      { security: { dropCapabilities: ['ALL'], apparmorProfile: 'Unconfined' } },
      [
        `apparmor:Unconfined ${OWN}/security/apparmorProfile`,
        `capability:BPF ${DEFAULT}/securityContext/capabilities/add/0`,
        `seccomp:Unconfined ${DEFAULT}/securityContext/seccompProfile/type`,
      ],
    ],
    [
      'and the other way round',
      { command, security: { capabilities: ['BPF'], seccompProfile: 'Unconfined' } },
      { securityContext: { capabilities: { drop: ['ALL'] } } },
      [
        `capability:BPF ${DEFAULT}/security/capabilities/0`,
        `seccomp:Unconfined ${DEFAULT}/security/seccompProfile`,
      ],
    ],
    [
      'the type of a profile, and its file',
      { command, security: { seccompProfile: 'Localhost', apparmorProfile: 'RuntimeDefault' } },
      {
        security: {
          seccompLocalhostProfile: 'a.json',
          apparmorProfile: 'Localhost',
          apparmorLocalhostProfile: 'a',
        },
      },
      [
        `apparmor:Localhost ${OWN}/security/apparmorProfile`,
        `seccomp:Localhost ${DEFAULT}/security/seccompProfile`,
      ],
    ],
    [
      'an own profile wins',
      { command, security: { seccompProfile: 'Unconfined' } },
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      [],
    ],
    [
      'an empty list of added capabilities is filled in',
      { command, security: { capabilities: ['BPF'] } },
      { security: { capabilities: [] } },
      [`capability:BPF ${DEFAULT}/security/capabilities/0`],
    ],
    [
      'one with an item is not',
      { command, security: { capabilities: ['BPF'] } },
      { security: { capabilities: ['NET_RAW'] } },
      [`capability:NET_RAW ${OWN}/security/capabilities/0`],
    ],
    [
      'an empty list of dropped capabilities is one',
      { command, security: { dropCapabilities: ['ALL'] } },
      { security: { dropCapabilities: [], privileged: true } },
      [`privileged ${OWN}/security/privileged`],
    ],
    [
      'an empty allowlist is filled in',
      { command, security: { allowedBinaries: ['/x'] } },
      { security: { allowedBinaries: [] } },
      [`allowedBinary:/x ${DEFAULT}/security/allowedBinaries/0`],
    ],
    [
      'one with an item is not',
      { command, security: { allowedBinaries: ['*'] } },
      { security: { allowedBinaries: ['/x'] } },
      [`allowedBinary:/x ${OWN}/security/allowedBinaries/0`],
    ],
    ['a command that is left out is filled in', { command }, { args: ['a'] }, []],
    [
      'an empty command is one, and then nobody knows what runs',
      { command },
      { command: [] },
      [`allowedBinary:* ${OWN}`],
    ],
    [
      'a probe is taken as a whole',
      { command, livenessProbe: { exec: { command: ['probe'] } } },
      { livenessProbe: { httpGet: { path: '/', port: 1 } } },
      [],
    ],
    [
      'a probe that is left out is filled in',
      { command, livenessProbe: { exec: { command: ['probe'] } } },
      {},
      [`allowedBinary:* ${DEFAULT}/livenessProbe/exec/command/0`],
    ],
  ])('%s', (_, defaults, own, expected) => {
    expect(asks(merged(defaults, own))).toEqual(expected.map((each) => `w-t m ${each}`));
  });

  test('an empty list of dropped capabilities keeps all of them', () => {
    const input = merged(
      { command, security: { dropCapabilities: ['ALL'] } },
      { security: { dropCapabilities: [] } },
    );
    expect(asks(input)).toHaveLength(14);
  });
});

describe('the rest of a task', () => {
  const own = { m: { command: ['/m'] } };
  const agent = (security: Fields) => ({ agent: { command: ['/agent'], security } });

  test.each<[string, Fields, Fields, readonly string[]]>([
    [
      'containers are added',
      { workload: { containers: { x: { command: ['/x'], security: { runAsUser: 0 } } } } },
      { workload: { containers: own } },
      ['x runAsRoot /spec/defaults/workload/containers/x/security/runAsUser'],
    ],
    [
      'of a list to a map',
      { workload: { containers: [{ name: 'x', command: ['/x'], securityContext: { runAsUser: 0 } }] } },
      { workload: { containers: own } },
      ['x runAsRoot /spec/defaults/workload/containers/0/securityContext/runAsUser'],
    ],
    [
      'of a map to a list',
      { workload: { containers: { x: { command: ['/x'], security: { runAsUser: 0 } } } } },
      { workload: { containers: [{ name: 'm', command: ['/m'] }] } },
      ['x runAsRoot /spec/defaults/workload/containers/x/security/runAsUser'],
    ],
    [
      'a task without a workload has that of the defaults',
      { workload: { containers: { x: { command: ['/x'], security: { runAsUser: 0 } } } } },
      {},
      ['x runAsRoot /spec/defaults/workload/containers/x/security/runAsUser'],
    ],
    [
      'init containers are merged like containers',
      { workload: { initContainers: { i: { command: ['/i'], security: { privileged: true } } } } },
      { workload: { containers: own, initContainers: { i: { security: { runAsUser: 0 } } } } },
      [
        'i privileged /spec/defaults/workload/initContainers/i/security/privileged',
        'i runAsRoot /spec/tasks/t/workload/initContainers/i/security/runAsUser',
      ],
    ],
    [
      'sidecars are added, beside the workload or in the runtime',
      { sidecars: agent({ privileged: true }) },
      { workload: { containers: own }, runtime: { sidecars: { other: { command: ['/o'] } } } },
      ['agent privileged /spec/defaults/sidecars/agent/security/privileged'],
    ],
    [
      'a sidecar of the same name is taken as a whole',
      { runtime: { sidecars: agent({ privileged: true }) } },
      { workload: { containers: own }, sidecars: agent({ runAsUser: 0 }) },
      ['agent runAsRoot /spec/tasks/t/sidecars/agent/security/runAsUser'],
    ],
    [
      'switches are filled in, beside the workload or in the runtime',
      { hostNetwork: true, runtime: { shareProcessNamespace: true } },
      { workload: { containers: own }, runtime: { automountServiceAccountToken: true } },
      [
        'pod automountServiceAccountToken /spec/tasks/t/runtime/automountServiceAccountToken',
        'pod hostNetwork /spec/defaults/hostNetwork',
        'pod shareProcessNamespace /spec/defaults/runtime/shareProcessNamespace',
      ],
    ],
    [
      'a switch that is off stays off, in whatever place',
      { hostNetwork: true },
      { workload: { containers: own }, runtime: { hostNetwork: false } },
      [],
    ],
  ])('%s', (_, defaults, task, expected) => {
    expect(asks(job(defaults, { t: task }))).toEqual(expected.map((each) => `w-t ${each}`));
  });

  test('each task has them', () => {
    const input = job(
      { workload: { containers: { m: { command: ['/m'], security: { privileged: true } } } } },
      { a: {}, b: { workload: { containers: { m: { security: { privileged: false } } } } }, c: null },
    );
    expect(asks(input)).toEqual([
      `w-a m privileged ${DEFAULT}/security/privileged`,
      `w-c m privileged ${DEFAULT}/security/privileged`,
    ]);
  });

  test('an unknown command in the defaults frees each task that has none', () => {
    const input = job(
      { workload: { containers: { m: { image: 'a' } } } },
      { a: {}, b: { workload: { containers: own } } },
    );
    expect(asks(input)).toEqual([`w-a m allowedBinary:* ${DEFAULT}`]);
  });
});

describe('roles of a model', () => {
  const containers = (name: string, security: Fields = {}) => ({
    containers: { [name]: { command: [`/${name}`], security } },
  });

  test('workers have the runtime of the entry, with its defaults, unless there is one of their own', () => {
    const input = model(
      {
        entryRuntime: {
          hostNetwork: true,
          sidecars: { s: { command: ['/s'], security: { privileged: true } } },
        },
      },
      {
        a: { entryWorkload: containers('e'), workerWorkload: containers('k') },
        b: { entryWorkload: containers('e'), workerWorkload: containers('k'), workerRuntime: {} },
      },
    );
    const runtime = '/spec/defaults/entryRuntime';
    expect(asks(input)).toEqual(
      ['w-a', 'w-a-worker', 'w-b'].flatMap((name) => [
        `${name} pod hostNetwork ${runtime}/hostNetwork`,
        `${name} s privileged ${runtime}/sidecars/s/security/privileged`,
      ]),
    );
  });

  test('workers of the defaults are those of each role', () => {
    const input = model(
      { workerWorkload: containers('k', { privileged: true }), workerRuntime: { hostNetwork: true } },
      { a: { entryWorkload: containers('e') } },
    );
    expect(asks(input)).toEqual([
      'w-a-worker pod hostNetwork /spec/defaults/workerRuntime/hostNetwork',
      'w-a-worker k privileged /spec/defaults/workerWorkload/containers/k/security/privileged',
    ]);
  });
});

describe('what defaults may hold', () => {
  const sized = (values: number, tasks: number): Fields =>
    job(
      // The mapping, the workload, its containers, the container, its command with a word, and its args.
      {
        workload: {
          containers: { m: { command: ['/m'], args: Array.from({ length: values - 7 }, () => 'a') } },
        },
      },
      Object.fromEntries(Array.from({ length: tasks }, (_, index) => [`t${index}`, {}])),
    );
  const each = LIMITS.filledValues / LIMITS.services;

  test('as many values as are filled into all tasks', () => {
    expect(faults(sized(each, LIMITS.services))).toEqual([]);
    expect(faults(sized(each + 1, LIMITS.services))).toEqual([
      `/spec/defaults: The defaults are filled into each of the ${LIMITS.services} tasks, and at most ${LIMITS.filledValues} values are filled in; these have ${each + 1}. Write what is long into the tasks that need it.`,
    ]);
  });

  test('as many characters', () => {
    const others = 'workloadcontainersmcommand/margs'.length;
    const sized = (characters: number): Fields =>
      job(
        { workload: { containers: { m: { command: ['/m'], args: ['a'.repeat(characters - others)] } } } },
        { a: {}, b: {} },
      );
    expect(faults(sized(LIMITS.filledCharacters / 2))).toEqual([]);
    expect(faults(sized(LIMITS.filledCharacters / 2 + 1)).map((fault) => fault.split(':')[0])).toEqual([
      '/spec/defaults',
    ]);
  });

  test('as many tasks as there may be services', () => {
    const many = Object.fromEntries(
      Array.from({ length: LIMITS.services + 1 }, (_, index) => [`t${index}`, {}]),
    );
    expect(faults(job(undefined, many))).toEqual([
      `/spec/tasks: At most ${LIMITS.services} services are taken at once; there are ${LIMITS.services + 1} tasks.`,
    ]);
  });
});

describe('properties', () => {
  const security = fc.record(
    {
      privileged: fc.boolean(),
      runAsUser: fc.constantFrom(0, 1),
      capabilities: fc.constantFrom([], ['BPF'], { add: ['BPF'] }, { drop: ['ALL'] }),
      seccompProfile: fc.constantFrom('Unconfined', { type: 'Unconfined' }, 'RuntimeDefault'),
    },
    { requiredKeys: [] },
  );
  const container = fc
    .record({ security, securityContext: security }, { requiredKeys: [] })
    .map((context) => ({
      command: ['/m'],
      ...(context.security === undefined ? context : { security: context.security }),
    }));
  const named = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), container, {
    minKeys: 1,
  });

  test('a container that only the defaults have asks for what it would in the task', () => {
    fc.assert(
      fc.property(container, (moved) => {
        const plain = { p: { command: ['/p'] } };
        const inDefaults = job(
          { workload: { containers: { moved } } },
          { t: { workload: { containers: plain } } },
        );
        const inTask = job({}, { t: { workload: { containers: { ...plain, moved } } } });
        const ids = (input: unknown): string[] =>
          asks(input).map((ask) => ask.split(' ').slice(0, 3).join(' '));
        expect(ids(inDefaults)).toEqual(ids(inTask));
      }),
    );
  });

  test('merging never fails, and each place that is told stands in the document', () => {
    fc.assert(
      fc.property(named, named, fc.boolean(), (defaults, own, isList) => {
        const list = Object.entries(own).map(([name, value]) => ({ name, ...value }));
        const input = job(
          { workload: { containers: defaults } },
          { t: { workload: { containers: isList ? list : own } } },
        );
        if (faults(input).length > 0) return;
        for (const ask of asks(input)) {
          const pointer = ask.split(' ').at(-1) ?? '';
          const value = pointer
            .split('/')
            .slice(1)
            .reduce<unknown>(
              (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
              input,
            );
          expect(value, ask).toBeDefined();
        }
      }),
    );
  });
});
