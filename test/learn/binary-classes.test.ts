import { describe, expect, test } from 'vitest';
import { writableDirectoryOf } from '../../src/events/writable-places.ts';
import { classesByName, whyUnlistable } from '../../src/learn/binary-classes.ts';

describe('a program has a class by its name', () => {
  test.each([
    ['/bin/sh', ['shell']],
    ['/usr/bin/bash', ['shell']],
    ['/bin/busybox', ['shell']],
    ['/usr/bin/apt-get', ['package-manager']],
    ['/usr/bin/pip3.11', ['package-manager']],
    ['/usr/bin/gcc-12', ['compiler']],
    ['/usr/bin/clang++-15', ['compiler']],
    ['/usr/bin/python3', ['interpreter']],
    ['/usr/bin/python3.11', ['interpreter']],
    ['/usr/bin/perl5.36.0', ['interpreter']],
    ['/opt/node/bin/node', ['interpreter']],
    ['/usr/bin/curl', ['network-tool']],
    ['/bin/nc.openbsd', ['network-tool']],
    ['/usr/bin/python3.12-minimal', ['interpreter']],
    ['/usr/bin/python3.13t', ['interpreter']],
    ['/usr/bin/perl5.36-x86_64-linux-gnu', ['interpreter']],
    ['/usr/local/bin/sh-5.1', ['shell']],
    ['/bin/bash5', ['shell']],
    ['/bin/bash-static', ['shell']],
    ['/bin/busybox.static', ['shell']],
    ['/usr/bin/dash.distrib', ['shell']],
    ['/BIN/BASH', ['shell']],
    ['/opt/pwsh.exe', ['interpreter']],
    ['/usr/bin/x86_64-linux-gnu-gcc-12', ['compiler']],
    ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', ['compiler']],
    ['/lib64/ld-linux-x86-64.so.2', ['interpreter']],
    ['/lib/ld-musl-aarch64.so.1', ['interpreter']],
    ['/lib/x86_64-linux-gnu/ld-2.31.so', ['interpreter']],
    [`/usr/bin/bash${'-1'.repeat(200)}`, []],
    ['/bin/node_exporter', []],
    ['/app/go-server', []],
    ['/app/ldap-proxy', []],
    ['/usr/bin/sha256sum', []],
    ['/app/shell', []],
    ['/app/sh-server', []],
    ['/usr/bin/3', []],
    ['/', []],
  ])('%s: %j', (path, classes) => {
    expect(classesByName(path)).toEqual(classes);
  });
});

describe('a file lies where the container can write', () => {
  test.each([
    ['/tmp/x', [], '/tmp'],
    ['/var/tmp/a/b', [], '/var/tmp'],
    ['/dev/shm/x', [], '/dev/shm'],
    ['/cache/x', ['/cache'], '/cache'],
    ['/cachex/y', ['/cache'], undefined],
    ['/tmpfile', [], undefined],
    ['/usr/bin/x', ['/cache'], undefined],
    ['/x', [''], ''],
    ['/dev/x', [], '/dev'],
    ['/run/s6/init', [], '/run'],
    ['/var/run/x', [], '/var/run'],
    ['/runner/x', [], undefined],
    ['/usr/bin/tool', ['/usr/bin/tool'], '/usr/bin/tool'],
    ['/cache/x', ['cache'], 'cache'],
    ['/cache/x', ['/cache/./y/../'], '/cache/./y/../'],
    ['/cache/x', ['//cache//'], '//cache//'],
  ])('%s, with volumes at %j: %j', (path, mounts, directory) => {
    expect(writableDirectoryOf(path, mounts)).toBe(directory);
  });
});

describe('an allowlist cannot name', () => {
  test.each([
    ['/proc/self/exe', 'is a file descriptor, which says nothing of the file'],
    ['/dev/stdin', 'is a file descriptor, which says nothing of the file'],
    ['/proc/1/root/bin/sh', 'is a file descriptor, which says nothing of the file'],
    ['/dev/fd/7', 'is a file descriptor, which says nothing of the file'],
    ['/app/\ufffd', 'holds characters that the event could not show'],
    ['/app/*', 'holds * or ?, which readers of an allowlist would take for a pattern'],
    ['/app/\u202egnp.exe', 'holds control, line-break or text-direction characters'],
    ['/app/\u001b[2J', 'holds control, line-break or text-direction characters'],
    ['/usr//bin/x', 'holds an empty segment (//)'],
    ['app', 'is not absolute'],
    ['', 'is not absolute'],
  ])('%j: it %s', (path, reason) => {
    expect(whyUnlistable(path)).toBe(reason);
  });

  test.each(['/usr/bin/app', '/dev/fdx', '/process/app', '/a b/c,d'])('but can name %j', (path) => {
    expect(whyUnlistable(path)).toBeUndefined();
  });
});
