import { describe, expect, test } from 'vitest';
import { INJECTORS } from '../../../src/compiler/derive/injectors.ts';
import { LAUNCHERS } from '../../../src/compiler/derive/launchers.ts';
import type { NoticeCode } from '../../../src/compiler/model/notices.ts';
import type { CompileOptions } from '../../../src/compiler/model/options.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { deployment, running } from '../../support/kubernetes.ts';
import { allowlistOf } from '../../support/manifests.ts';
import { app, compiled, service } from '../../support/services.ts';

function notices(input: unknown, code: NoticeCode, options: Partial<CompileOptions> = {}) {
  return compiled(input, options)
    .notices.filter((each) => each.code === code)
    .map(({ container, message, path }) => ({ container, message, pointer: toPointer(path) }));
}

const LIST = 'runtime.lattice.dev/allowed-binaries';

function listing(binaries: string, container: Readonly<Record<string, unknown>>) {
  return running(container, {}, { labels: { app: 'web' }, annotations: { [LIST]: binaries } });
}

describe('launchers', () => {
  const line = ['/bin/sh', '-c', 'mkdir -p /run/app && exec /app/server'];
  const code = 'LauncherStartsOthers';

  test('a shell whose line can be read: its programs are named, and the place where to list them', () => {
    const [told, ...others] = notices(running({ command: line }), code);
    expect(others).toEqual([]);
    expect(told).toEqual({
      container: 'app',
      pointer: '/spec/template/spec/containers/0/command/0',
      message:
        'The shell /bin/sh may run, but it starts mkdir and /app/server, which are not on the allowlist and will be killed. List the programs by their absolute paths in the annotation runtime.lattice.dev/allowed-binaries of the pod template; roll out with mode=monitor first, whose events name what would be killed.',
    });
  });

  test('the line may be in args', () => {
    const [command = '', ...args] = line;
    expect(notices(running({ command: [command], args }), code)).toEqual(
      notices(running({ command: line }), code),
    );
  });

  test('a Lattice service says it in its security context, and monitor mode kills nothing', () => {
    const [told] = notices(service([app({}, { command: line })]), code, { mode: 'monitor' });
    expect(told?.message).toContain('would be killed in mode=enforce.');
    expect(told?.message).toContain(
      'in securityContext.allowedBinaries; the events of mode=monitor name them.',
    );
  });

  test.each<[string, unknown, number]>([
    ['what is listed', listing('/app/server, /usr/bin/mkdir', { command: line }), 0],
    ['a part of it', listing('/app/server', { command: line }), 1],
    ['tini', running({ command: ['/sbin/tini', '--', '/app/server'] }), 1],
    ['tini with its program', listing('/app/server', { command: ['/sbin/tini', '--', '/app/server'] }), 0],
    ['a script alone', running({ command: ['/scripts/start.sh'] }), 1],
    ['a script and what its author listed', listing('/app/server', { command: ['/scripts/start.sh'] }), 0],
    ['a script and a shell', listing('/bin/sh', { command: ['/scripts/start.sh'] }), 1],
    ['a program', running({ command: ['/app/server'] }), 0],
    ['any binary', listing('*', { command: line }), 0],
    ['a line of built-ins', running({ command: ['/bin/sh', '-c', 'echo x; exit 0'] }), 0],
    [
      'no allowlist under hostPID',
      deployment({ hostPID: true, containers: [{ name: 'a', command: line }] }),
      0,
    ],
  ])('%s', (_, input, count) => {
    expect(notices(input, code)).toHaveLength(count);
  });

  test('each probe and hook that a shell runs, told once when they run the same', () => {
    const exec = { exec: { command: ['/bin/sh', '-c', 'curl -f localhost'] } };
    const hook = { exec: { command: ['/bin/bash', '-c', 'nginx -s quit; sleep 5'] } };
    const told = notices(
      listing('/bin/bash', {
        command: ['/app/server'],
        livenessProbe: exec,
        readinessProbe: exec,
        lifecycle: { preStop: hook },
      }),
      code,
    );
    expect(told.map(({ pointer, message }) => `${pointer} ${message.split(',')[1]}`)).toEqual([
      '/spec/template/spec/containers/0/lifecycle/preStop/exec/command/0  but it starts nginx and sleep',
      '/spec/template/spec/containers/0/livenessProbe/exec/command/0  but it starts curl',
    ]);
  });

  test('a neighbour lists what is missing: the pod has one list, each container its own with scope=container', () => {
    const input = service([
      app({}, { command: ['/bin/sh', '-c', 'curl x'] }),
      { name: 'b', command: ['/usr/bin/curl'] },
    ]);
    expect(notices(input, code)).toEqual([]);
    expect(notices(input, code, { scope: 'container' }).map(({ container }) => container)).toEqual(['app']);
  });

  test('arguments are never shown: only what stands where a program does, and looks like one', () => {
    const secret = 'hunter2';
    const lines = [
      `PASSWORD=${secret} /a --password ${secret} "${secret}"`,
      `echo ${secret} | b; $(${secret})`,
      `cat <<X\n${secret}\nX`,
      `if ${secret}; then ${secret}; fi`,
      `'${secret} with spaces'`,
    ];
    for (const each of lines) {
      const [told] = notices(running({ command: ['/bin/sh', '-c', each] }), code);
      expect(told?.message).toMatch(/may run, but/);
      expect(told?.message).not.toContain(secret);
    }
    expect(
      notices(running({ command: ['/usr/bin/env', `X=${secret}`, '/a', secret] }), code)[0]?.message,
    ).not.toContain(secret);
  });

  test('interpreters of scripts', () => {
    const script = running({ command: ['/scripts/start.sh'] });
    expect(notices(script, code)[0]?.message).toContain('#!/usr/bin/env');
    expect(notices(script, code, { pathMatching: 'resolved' })[0]?.message).toContain(
      'its interpreter must be listed too',
    );
  });

  test.each(Object.keys(LAUNCHERS))('%s alone is warned of', (name) => {
    const applet = name === 'busybox' || name === 'toybox' ? ['sh'] : [];
    expect(notices(running({ command: [`/usr/bin/${name}`, ...applet] }), code)).toHaveLength(1);
  });
});

describe('an entrypoint that only the image knows', () => {
  const code = 'ImageEntrypointNotDeclared';
  test.each<[string, unknown, string[]]>([
    [
      'a list without a command',
      listing('/usr/sbin/nginx', {}),
      ['/spec/template/metadata/annotations/runtime.lattice.dev~1allowed-binaries'],
    ],
    ['a list with a command', listing('/usr/sbin/nginx', { command: ['/x'] }), []],
    ['neither: the wildcard tells of it', running({}), []],
    ['any binary', listing('*', {}), []],
    [
      'a field of a Lattice service',
      service([{ name: 'a', securityContext: { allowedBinaries: ['/usr/bin/a'] } }]),
      ['/spec/workload/containers/0/securityContext/allowedBinaries/0'],
    ],
  ])('%s', (_, input, expected) => {
    expect(notices(input, code).map(({ pointer }) => pointer)).toEqual(expected);
  });
});

describe('merged /usr', () => {
  const code = 'MergedUsrPathsNotListed';
  const server = { command: ['/app/server'] };

  test.each<[string, unknown, Partial<CompileOptions>, string[]]>([
    ['a listed program of /bin', listing('/bin/sleep', server), {}, ['/usr/bin/sleep']],
    ['several, told once', listing('/sbin/ip, /bin/sleep', server), {}, ['/usr/bin/sleep and /usr/sbin/ip']],
    ['both names', listing('/bin/sleep,/usr/bin/sleep', server), {}, []],
    ['the name under /usr alone', listing('/usr/bin/sleep', server), {}, []],
    ['what PATH does not lead to', listing('/bin/x/y,/lib/x,/opt/bin/z', server), {}, []],
    ['an entrypoint', running({ command: ['/bin/server'] }), {}, []],
    ['an entrypoint that is listed too', listing('/bin/server', { command: ['/bin/server'] }), {}, []],
    [
      'an entrypoint, resolved',
      running({ command: ['/bin/server'] }),
      { pathMatching: 'resolved' },
      ['/usr/bin/server'],
    ],
    [
      'a library, resolved',
      listing('/lib64/ld.so', server),
      { pathMatching: 'resolved' },
      ['/usr/lib64/ld.so'],
    ],
    ['with the option', listing('/bin/sleep', server), { mergedUsr: true }, []],
  ])('%s', (_, input, options, expected) => {
    const told = notices(input, code, options);
    expect(told.map(({ message }) => /^Not listed: (.*?)\. /.exec(message)?.[1])).toEqual(expected);
  });

  test('the list is exactly what was asked for, and holds both names with the option', () => {
    const input = listing('/bin/sleep, /usr/sbin/nginx, /lib/x, /usr/lib64/y, /usr/local/bin/z', server);
    expect(allowlistOf(compiled(input).manifests)).toEqual([
      '/app/server',
      '/bin/sleep',
      '/lib/x',
      '/usr/lib64/y',
      '/usr/local/bin/z',
      '/usr/sbin/nginx',
    ]);
    expect(allowlistOf(compiled(input, { mergedUsr: true }).manifests)).toEqual([
      '/app/server',
      '/bin/sleep',
      '/lib/x',
      '/lib64/y',
      '/sbin/nginx',
      '/usr/bin/sleep',
      '/usr/lib/x',
      '/usr/lib64/y',
      '/usr/local/bin/z',
      '/usr/sbin/nginx',
    ]);
  });
});

describe('containers that are injected later', () => {
  const later = 'ContainersInjectedLater';
  const spared = 'InjectedContainersSpared';
  const pod = (metadata: 'labels' | 'annotations', key: string, value: string, more: object = {}) =>
    running(
      { command: ['/app/server'] },
      {},
      {
        labels: { app: 'web', ...(metadata === 'labels' ? { [key]: value } : {}) },
        annotations: { ...(metadata === 'annotations' ? { [key]: value } : {}), ...more },
      },
    );

  test('Istio: the containers and the label are named', () => {
    const input = pod('labels', 'sidecar.istio.io/inject', 'true');
    const [told, ...others] = notices(input, later);
    expect(others).toEqual([]);
    expect(told?.pointer).toBe('/spec/template/metadata/labels/sidecar.istio.io~1inject');
    expect(told?.message).toMatch(/Istio add istio-init and istio-proxy .* scope=container/);
    expect(notices(input, spared)).toEqual([]);
  });

  test('scope=container spares them, which is a note', () => {
    const input = pod('labels', 'sidecar.istio.io/inject', 'true');
    expect(notices(input, later, { scope: 'container' })).toEqual([]);
    expect(notices(input, spared, { scope: 'container' })).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['a label that declines', pod('labels', 'sidecar.istio.io/inject', 'false')],
    [
      'a label that declines, before an annotation that asks',
      pod('labels', 'sidecar.istio.io/inject', 'false', { 'sidecar.istio.io/inject': 'true' }),
    ],
    [
      'what is injected already',
      pod('labels', 'sidecar.istio.io/inject', 'true', { 'sidecar.istio.io/status': '{}' }),
    ],
    ['disabled', pod('annotations', 'linkerd.io/inject', 'disabled')],
    ['nothing', pod('labels', 'a', 'b')],
  ])('%s: nothing to tell', (_, input) => {
    expect(notices(input, later)).toEqual([]);
  });

  test('only the containers that are not there yet', () => {
    const input = deployment(
      {
        containers: [
          { name: 'app', command: ['/a'] },
          { name: 'istio-proxy', command: ['/p'] },
        ],
      },
      { labels: { app: 'web', 'sidecar.istio.io/inject': 'true' } },
    );
    expect(notices(input, later)[0]?.message).toContain('add istio-init to the pod');
  });

  test.each(
    INJECTORS.flatMap(({ name, triggers }) =>
      triggers.map(
        ({ on, key, prefix, values = ['x'] }): [string, 'labels' | 'annotations', string, string] => [
          name,
          on,
          prefix ? `${key}version` : key,
          values[0] ?? '',
        ],
      ),
    ),
  )('%s by its %s %s', (_, on, key, value) => {
    expect(notices(pod(on, key, value), later)).toHaveLength(1);
  });
});
