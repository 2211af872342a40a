import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readEventLine } from '../../src/events/tetragon-event.ts';

const PROCESS = { exec_id: 'a', binary: '/usr/bin/app', in_init_tree: true };
const TIME = '2026-11-25T21:06:10.598050732Z';

function line(event: Record<string, unknown>): string {
  return JSON.stringify({ node_name: 'node-1', time: TIME, ...event });
}

describe('a line', () => {
  test.each([
    ['process_exec', 'exec'],
    ['process_exit', 'exit'],
    ['process_kprobe', 'kprobe'],
  ])('of %s is read as %s', (field, kind) => {
    const read = readEventLine(line({ [field]: { process: PROCESS } }));
    expect(read).toMatchObject({
      ok: true,
      event: {
        kind,
        node: 'node-1',
        time: '2026-11-25T21:06:10.598Z',
        count: 1,
        process: { binary: '/usr/bin/app', inInitTree: true, pod: undefined },
        parent: undefined,
      },
    });
  });

  test.each([
    ['that is no JSON', 'Blocked /bin/sh', 'not-json'],
    ['that is cut off', '{"process_exec":', 'not-json'],
    ['of the log of the agent', '{"level":"info","msg":"Starting"}', 'not-an-event'],
    ['that is no object', '[]', 'not-an-event'],
    ['of deep nesting', '['.repeat(100_000) + ']'.repeat(100_000), 'not-an-event'],
    ['of another kind', line({ process_tracepoint: { process: PROCESS } }), 'other-event'],
    ['of a newer kind', line({ process_thought: {} }), 'other-event'],
    ['without a process', line({ process_exec: {} }), 'incomplete'],
    ['without a binary', line({ process_exec: { process: { exec_id: 'a' } } }), 'incomplete'],
    ['whose binary is no text', line({ process_exec: { process: { binary: ['/a'] } } }), 'incomplete'],
    ['without a time', JSON.stringify({ process_exec: { process: PROCESS } }), 'incomplete'],
    [
      'whose time is none',
      line({ process_exec: { process: PROCESS }, time: '2026-13-45T00:00:00Z' }),
      'incomplete',
    ],
  ])('%s is not read', (_, text, reason) => {
    expect(readEventLine(text)).toEqual({ ok: false, reason });
  });

  test('in which the agent reports dropped events tells how many', () => {
    expect(readEventLine(line({ rate_limit_info: { number_of_dropped_process_events: '12' } }))).toEqual({
      ok: false,
      reason: 'dropped',
      dropped: 12,
    });
  });

  test('that stands for several aggregated events tells how many', () => {
    const read = readEventLine(
      line({ process_exec: { process: PROCESS }, aggregation_info: { count: '3' } }),
    );
    expect(read).toMatchObject({ ok: true, event: { count: 3 } });
  });
});

describe('the report of the agent that events were dropped', () => {
  test.each<[Record<string, unknown>, number]>([
    [{ rate_limit_info: { number_of_dropped_process_events: '7' } }, 7],
    [{ rate_limit_info: {} }, 0],
    [{ rate_limit_info: { number_of_dropped_process_events: '-7' } }, 0],
    [{ rate_limit_info: { number_of_dropped_process_events: '18446744073709551615' } }, 1],
    [{ process_throttle: { type: 'THROTTLE_START', cgroup: 'kubepods' } }, 1],
    [{ process_throttle: { type: 'THROTTLE_STOP', cgroup: 'kubepods' } }, 1],
  ])('%j: %i', (fields, dropped) => {
    expect(readEventLine(line(fields))).toEqual({ ok: false, reason: 'dropped', dropped });
  });
});

describe('a process', () => {
  function processOf(fields: Record<string, unknown>) {
    const read = readEventLine(line({ process_exec: { process: { ...PROCESS, ...fields } } }));
    return read.ok ? read.event.process : undefined;
  }

  test('without in_init_tree may be in the tree or not', () => {
    expect(processOf({ in_init_tree: undefined })?.inInitTree).toBeUndefined();
  });

  test.each([
    ['/app', 'execve errorFilename', ''],
    ['/deep/run', 'execve errorPathResolutionCwd', ''],
    ['/bin/run', 'execve errorPathResolutionCwd', '/bin/run'],
    ['/deep/run', 'execve rootcwd', '/deep/run'],
  ])('with the binary %s and the flags %s has the path %j', (binary, flags, path) => {
    expect(processOf({ binary, flags, cwd: '/deep' })?.binary).toBe(path);
  });

  test.each([
    [{ pid: { inum: 4026531836, is_host: true } }, true],
    [{ pid: { inum: 4026532600 } }, false],
    [{}, undefined],
    [undefined, undefined],
  ])('with the namespaces %j is in the PID namespace of the host: %s', (ns, expected) => {
    expect(processOf({ ns })?.inHostPidNamespace).toBe(expected);
  });

  test.each([
    [{ file: { inode: { number: '42', links: 0 }, path: '/memfd:x' } }, true],
    [{ file: { inode: { number: '42', links: 1 }, path: '/dev/shm/x' } }, false],
    [{ setuid: 0 }, false],
    [undefined, false],
  ])('with the properties %j has no name in a directory: %s', (binary_properties, expected) => {
    expect(processOf({ binary_properties })?.unlinked).toBe(expected);
  });

  test('has the pod that the agent knows', () => {
    const pod = {
      namespace: 'shop',
      name: 'web-1',
      uid: 'u',
      container: {
        id: 'containerd://1',
        name: 'web',
        image: { name: 'web:1' },
        pid: 7,
        maybe_exec_probe: true,
      },
      pod_labels: { app: 'web', odd: 1 },
      workload: 'web',
      workload_kind: 'Deployment',
    };
    expect(processOf({ pod })?.pod).toEqual({
      namespace: 'shop',
      name: 'web-1',
      uid: 'u',
      labels: { app: 'web' },
      workload: 'web',
      workloadKind: 'Deployment',
      container: {
        name: 'web',
        id: 'containerd://1',
        image: 'web:1',
        startTime: '',
        pid: 7,
        maybeExecProbe: true,
      },
    });
  });
});

describe('what a real agent wrote', () => {
  const lines = readFileSync('test/fixtures/events/monitor.ndjson', 'utf8').trimEnd().split('\n');
  const events = lines.map(readEventLine);

  test('is read, every line', () => {
    expect(events.filter(({ ok }) => !ok)).toEqual([]);
    expect(events).toHaveLength(258);
  });

  test('has the arguments of hooks with their types and labels', () => {
    const [first] = events.flatMap((read) => (read.ok && read.event.kind === 'kprobe' ? [read.event] : []));
    expect(first).toMatchObject({
      functionName: 'security_bprm_check',
      policyName: 'runtime-enforcement-app',
      tags: ['lattice.dev/runtime-enforcement', 'allow-binaries'],
      action: 'KPROBE_ACTION_SIGKILL',
      args: [
        { type: 'linux_binprm_arg', label: 'resolved', value: { path: '/bin/evil' } },
        { type: 'string_arg', label: 'requested', value: '/bin/evil' },
        { type: 'uint_arg', label: 'links', value: 1 },
      ],
    });
  });
});
