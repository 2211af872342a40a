import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/emit/compile.ts';
import {
  BASELINE_TIERS,
  BaselineOptionsSchema,
} from '../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../src/compiler/emit/policies/baseline.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import { type ReadBlocked, readBlocked } from '../../src/events/blocked.ts';
import { readMessage } from '../../src/events/blocked-message.ts';
import { readEvent, readEventLine } from '../../src/events/tetragon-event.ts';
import { type ArgValues, eventOf, type KprobeJson, type PodJson } from '../support/events.ts';
import { app, service, workload } from '../support/services.ts';

const POD: PodJson = { namespace: 'shop', name: 'web-7d9c-abcde', container: { name: 'app' } };

const PERMITTED_BY = { name: 'default', version: 7, digest: 'sha256:0' };

const WEB = workload(
  service([app({ allowedBinaries: ['/bin/ls'], readOnlyRootFilesystem: true, runAsNonRoot: true })]),
);

/** The event of a hook of the policies of shop/web, changed by `change`. */
function webEvent(
  call: string,
  values: ArgValues = {},
  change: (event: KprobeJson) => unknown = (event) => event,
): ReadBlocked {
  const { manifests } = compile(WEB, DEFAULT_OPTIONS, PERMITTED_BY);
  for (const manifest of manifests) {
    for (const kprobe of manifest.spec.kprobes) {
      if (kprobe.call === call) return read(change(eventOf(manifest, kprobe, { values, pod: POD })));
    }
  }
  throw new Error(`no hook ${call}`);
}

function read(json: unknown): ReadBlocked {
  const event = readEvent(json);
  if (!event.ok || event.event.kind !== 'kprobe') throw new Error('no event of a hook');
  return readBlocked(event.event);
}

describe('an event of a hook of our policies', () => {
  test.each<[string, ArgValues, unknown]>([
    [
      'security_bprm_check',
      { resolved: '/usr/bin/curl', requested: 'curl', links: 1 },
      { kind: 'binary', resolved: '/usr/bin/curl', requested: 'curl', deleted: false },
    ],
    [
      'security_bprm_check',
      { resolved: '/memfd:x', requested: '/proc/self/fd/3', links: 0 },
      { kind: 'binary', resolved: '/memfd:x', requested: '/proc/self/fd/3', deleted: true },
    ],
    [
      'security_file_open',
      { 0: '/app/log', path: '/app/log' },
      { kind: 'rootfs-write', what: 'write', path: '/app/log' },
    ],
    // The agent writes "/" for a path that it could not read.
    ['security_file_open', { 0: '/', path: '/' }, { kind: 'rootfs-write', what: 'write', path: undefined }],
    ['security_inode_create', {}, { kind: 'rootfs-write', what: 'create' }],
    ['security_inode_unlink', {}, { kind: 'rootfs-write', what: 'remove' }],
    ['security_inode_rename', {}, { kind: 'rootfs-write', what: 'rename' }],
    ['security_inode_mkdir', {}, { kind: 'rootfs-write', what: 'mkdir' }],
    ['security_path_truncate', {}, { kind: 'rootfs-write', what: 'truncate' }],
    [
      'security_task_fix_setuid',
      { 0: 1000, 1: 0, 2: 1000, 3: 1000 },
      { kind: 'identity', what: 'uid', id: 'user', from: 1000, to: 0 },
    ],
    [
      'security_task_fix_setgid',
      { 0: 5, 1: 5, 2: 0, 3: 2000, 4: 1000 },
      { kind: 'identity', what: 'gid', id: 'group', from: 2000, to: 0 },
    ],
    [
      'security_bprm_committing_creds',
      { 0: 1000, 1: 0, 2: 2000, 3: 2000 },
      { kind: 'identity', what: 'setid-program', id: 'user', from: 1000, to: 0 },
    ],
    [
      'security_bprm_committing_creds',
      { 0: 1000, 1: 1000, 2: 2000, 3: 0 },
      { kind: 'identity', what: 'setid-program', id: 'group', from: 2000, to: 0 },
    ],
    [
      'security_capset',
      { 0: '1000', 1: '0', 2: '3400' },
      { kind: 'capability', capabilities: ['NET_BIND_SERVICE', 'NET_ADMIN', 'NET_RAW'], how: 'capset' },
    ],
    // A kernel may know capabilities that we do not.
    [
      'security_capset',
      { 0: '8000000000000000' },
      { kind: 'capability', capabilities: ['63'], how: 'capset' },
    ],
    ['security_bprm_committed_creds', {}, { kind: 'capability', capabilities: [], how: 'file' }],
  ])('%s with %j', (call, values, action) => {
    expect(webEvent(call, values)).toMatchObject({
      ok: true,
      blocked: {
        mode: 'enforce',
        namespace: 'shop',
        service: 'web',
        container: 'app',
        confined: false,
        policySet: { name: 'default', version: 7 },
        action,
      },
    });
  });

  test.each(BASELINE_TIERS)('of the tier %s of the baseline', (tier) => {
    const manifest = baseline(BaselineOptionsSchema.parse({ tiers: [tier] }));
    for (const kprobe of manifest.spec.kprobes) {
      const event = eventOf(manifest, kprobe, { values: { 0: '/etc/.x', 1: '/etc/passwd' }, pod: POD });
      expect(read(event)).toMatchObject({
        ok: true,
        blocked: {
          policy: 'baseline',
          mode: 'enforce',
          namespace: 'shop',
          service: undefined,
          policySet: undefined,
          action: { kind: 'baseline', tier, call: kprobe.call },
        },
      });
    }
  });

  test('a rename of the baseline has both files', () => {
    const manifest = baseline(BaselineOptionsSchema.parse({ tiers: ['credentialFiles'] }));
    const kprobe = manifest.spec.kprobes.find(({ call }) => call === 'security_inode_rename');
    if (kprobe === undefined) throw new Error('no such hook');
    expect(read(eventOf(manifest, kprobe, { values: { 0: '/etc/.x', 1: '/etc/passwd' } }))).toMatchObject({
      blocked: { namespace: undefined, action: { paths: ['/etc/.x', '/etc/passwd'] } },
    });
  });

  test('a path that the agent read only in part is no path', () => {
    const change = (event: KprobeJson) => ({
      ...event,
      process_kprobe: {
        ...event.process_kprobe,
        args: [
          { linux_binprm_arg: { path: '/curl', flags: 'unresolvedPathComponents' }, label: 'resolved' },
          { string_arg: '/usr/bin/curl', label: 'requested' },
        ],
      },
    });
    expect(webEvent('security_bprm_check', {}, change)).toMatchObject({
      blocked: { action: { resolved: undefined, requested: '/usr/bin/curl', deleted: false } },
    });
  });

  test('arguments of any other shape are as if absent', () => {
    const change = (event: KprobeJson) => ({
      ...event,
      process_kprobe: { ...event.process_kprobe, args: [null, 1, { label: 'resolved' }, { string_arg: {} }] },
    });
    expect(webEvent('security_bprm_check', {}, change)).toMatchObject({
      blocked: { action: { resolved: undefined, requested: undefined, deleted: false } },
    });
  });

  test('a label is taken before a position, and a position only where there is no other label', () => {
    const change = (event: KprobeJson) => ({
      ...event,
      process_kprobe: {
        ...event.process_kprobe,
        args: [
          { string_arg: 'curl', label: 'requested' },
          { linux_binprm_arg: { path: '/usr/bin/curl' }, label: 'resolved' },
        ],
      },
    });
    expect(webEvent('security_bprm_check', {}, change)).toMatchObject({
      blocked: { action: { resolved: '/usr/bin/curl', requested: 'curl', deleted: false } },
    });
  });
});

describe('the events that a real agent wrote, under manifests of an earlier release', () => {
  const lines = readFileSync('test/fixtures/events/monitor.ndjson', 'utf8')
    .split('\n')
    .filter((line) => line.includes('"process_kprobe"'));
  const blocked = lines.map((line) => {
    const event = readEventLine(line);
    if (!event.ok || event.event.kind !== 'kprobe') throw new Error('no event of a hook');
    return readBlocked(event.event);
  });

  test('are all understood, except for their mode', () => {
    expect(blocked).toHaveLength(9);
    for (const each of blocked) {
      expect(each).toMatchObject({
        ok: true,
        blocked: { policyName: 'runtime-enforcement-app', namespace: 'lab', service: 'app', mode: 'unknown' },
      });
    }
  });

  test('have these actions', () => {
    const actions = blocked.map((each) => each.ok && each.blocked.action);
    expect(actions).toContainEqual({
      kind: 'binary',
      resolved: '/bin/evil',
      requested: '/bin/evil',
      deleted: false,
    });
    expect(actions).toContainEqual({ kind: 'rootfs-write', what: 'write', path: '/w/nn' });
    expect(actions).toContainEqual({ kind: 'capability', capabilities: ['SETGID', 'SETUID'], how: 'capset' });
    expect(actions).toContainEqual({ kind: 'identity', what: 'uid', id: 'user', from: 1000, to: 0 });
  });
});

describe('an event that says nothing about our policies', () => {
  const changed = (kprobe: Readonly<Record<string, unknown>>) => (event: KprobeJson) => ({
    ...event,
    process_kprobe: { ...event.process_kprobe, ...kprobe },
  });
  const OURS = 'lattice.dev/runtime-enforcement';

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['has no tags', { tags: [] }, 'not-ours'],
    ['has other tags', { tags: ['observability.filesystem'] }, 'not-ours'],
    ['has a policy that we do not generate', { tags: [OURS, 'block-dns'] }, 'not-ours'],
    [
      'has the tags of the baseline, and another name',
      { tags: ['lattice.dev/baseline', 'mount'] },
      'not-ours',
    ],
    ['has the name of the baseline for its policy', { tags: [OURS, 'baseline'] }, 'not-ours'],
    ['has the name of a policy of another tool', { policy_name: 'file-monitoring' }, 'not-ours'],
    ['has the name of another policy of ours', { policy_name: 'block-setuid-web' }, 'not-ours'],
    ['has a name that no object can have', { policy_name: `allow-binaries-${'x'.repeat(300)}` }, 'not-ours'],
    ['has a hook that we do not set', { function_name: 'security_bprm_creds_from_file' }, 'unknown-hook'],
    ['has a hook like a property of objects', { function_name: 'constructor' }, 'unknown-hook'],
    [
      'names another namespace than its pod',
      { message: 'Blocked a binary outside the allowlist of service kube-system/web (default version 7)' },
      'contradictory',
    ],
    [
      'names another container than its pod',
      {
        message:
          'Blocked a binary outside the allowlist of service shop/web, container db (default version 7)',
      },
      'contradictory',
    ],
  ])('%s', (_, change, reason) => {
    expect(webEvent('security_bprm_check', {}, changed(change))).toEqual({ ok: false, reason });
  });

  test.each([
    ['constructor', 'security_file_open'],
    ['__proto__', 'security_file_open'],
  ])('a function %s of block-rootfs-write is no hook', (name, call) => {
    expect(webEvent(call, {}, changed({ function_name: name }))).toEqual({
      ok: false,
      reason: 'unknown-hook',
    });
  });
});

describe('a message', () => {
  const start = 'Blocked the removal of a file from the root filesystem of service';
  test.each([
    [
      `${start} shop/web (default version 7)`,
      {
        mode: 'enforce',
        namespace: 'shop',
        service: 'web',
        confined: false,
        policySet: { name: 'default', version: 7 },
      },
    ],
    [
      'Would block gaining capabilities in service shop/web, container app (team-a version 12)',
      { mode: 'monitor', container: 'app', confined: true, policySet: { name: 'team-a', version: 12 } },
    ],
    [`${start} shop/web`, { mode: 'unknown', namespace: 'shop', service: 'web', policySet: undefined }],
    ['Would block gaining capabilities in service shop/web', { mode: 'monitor', service: 'web' }],
    [
      'Blocked a process from taking group 0 in a pod labelled lattice.dev/run-as-non-root',
      { mode: 'enforce', service: undefined, container: undefined, confined: false },
    ],
    [
      'Blocked a process from taking group 0 in a pod labelled app.lattice.dev/run-as-non-root',
      { mode: 'enforce', service: undefined, container: 'app', confined: true },
    ],
    ['Would block a mount (cluster baseline)', { mode: 'monitor', namespace: undefined }],
    // The agent keeps 256 characters, so the subject may be cut.
    [
      `${start} shop/we... (default version 7)`,
      {
        namespace: 'shop',
        service: undefined,
        confined: undefined,
        policySet: { name: 'default', version: 7 },
      },
    ],
    [`${start} shop/web,... (default version 7)`, { service: 'web', container: undefined, confined: true }],
    [
      `${start} shop/web, container ap... (default version 7)`,
      { service: 'web', container: undefined, confined: true },
    ],
    // What is not of the form that we emit is not taken.
    [`${start} Shop/web (default version 7)`, { namespace: undefined, service: undefined }],
    [`${start} shop/w*eb (default version 7)`, { namespace: 'shop', service: undefined }],
    [`${start} shop/<b>web</b> (default version 7)`, { service: undefined }],
    [
      `${start} shop/web, container A (default version 7)`,
      { service: 'web', container: undefined, confined: true },
    ],
    ['Killed something', { mode: 'unknown', namespace: undefined }],
    ['', { mode: 'unknown', namespace: undefined }],
    [`Blocked ${'x'.repeat(300)} service shop/web`, { mode: 'unknown', namespace: undefined }],
  ])('%j', (text, expected) => {
    expect(readMessage(text)).toMatchObject(expected);
  });
});
