import { describe, expect, test } from 'vitest';
import { imageAssumptions } from '../../../src/compiler/derive/image-assumptions.ts';
import { overrideAdvice } from '../../../src/compiler/derive/override-advice.ts';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { imageCommand } from '../../../src/compiler/model/container-start.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import type { NoticeCode } from '../../../src/compiler/model/notices.ts';
import type { CompileOptions } from '../../../src/compiler/model/options.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { type Config, compiledWith, knownImages, PATH, workloadWith } from '../../support/images.ts';
import { deployment, running } from '../../support/kubernetes.ts';
import { allowlistOf } from '../../support/manifests.ts';
import { service } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

const LIST = 'runtime.lattice.dev/allowed-binaries';

/** A Deployment of one container `app`, with this list of allowed binaries. */
function listing(binaries: string, container: Fields = {}): Fields {
  return running(container, {}, { labels: { app: 'web' }, annotations: { [LIST]: binaries } });
}

/** The images of a request that knows `app:1`. */
function app(config: Config) {
  return knownImages({ 'app:1': config });
}

/** What becomes of a workload whose image `app:1` has this config. */
function outcome(input: unknown, config: Config, options: Partial<CompileOptions> = {}) {
  const images = app(config);
  const overrides = securityOverrides(workloadWith(input, images), { authorizeEntrypoints: false });
  return {
    list: allowlistOf(compiledWith(input, images, options).manifests),
    asks: overrides.map(({ id, implicit }) => `${id}${implicit ? ' (implicit)' : ''}`),
  };
}

function notices(input: unknown, config: Config, options: Partial<CompileOptions> = {}) {
  return compiledWith(input, app(config), options).notices.filter(({ code }) => code !== 'PolicyRenamed');
}

function codes(input: unknown, config: Config, options: Partial<CompileOptions> = {}): NoticeCode[] {
  return notices(input, config, options).map(({ code }) => code);
}

const WILDCARD = ['allowedBinary:* (implicit)'];

describe("Kubernetes' rule of command, args, ENTRYPOINT and CMD", () => {
  const E = ['/e', 'e1'];
  const C = ['/c', 'c1'];
  const A = ['/a', 'a1'];
  const K = ['/k', 'k1'];
  test.each<[string, Fields, Config, readonly string[] | undefined]>([
    ['neither: ENTRYPOINT and CMD', {}, { Entrypoint: E, Cmd: C }, ['/e', 'e1', '/c', 'c1']],
    ['no CMD', {}, { Entrypoint: E }, ['/e', 'e1']],
    ['no ENTRYPOINT', {}, { Cmd: C }, ['/c', 'c1']],
    ['none of both', {}, {}, undefined],
    ['args: CMD is ignored', { args: A }, { Entrypoint: E, Cmd: C }, ['/e', 'e1', '/a', 'a1']],
    ['args without ENTRYPOINT are what runs', { args: A }, { Cmd: C }, ['/a', 'a1']],
    ['command: ENTRYPOINT and CMD are ignored', { command: K }, { Entrypoint: E, Cmd: C }, undefined],
    ['command and args', { command: K, args: A }, { Entrypoint: E, Cmd: C }, undefined],
    [
      'empty lists count as absent',
      { command: [], args: [] },
      { Entrypoint: E, Cmd: C },
      ['/e', 'e1', '/c', 'c1'],
    ],
    [
      'an empty command with args',
      { command: [], args: A },
      { Entrypoint: E, Cmd: C },
      ['/e', 'e1', '/a', 'a1'],
    ],
    ['null counts as absent', { command: null, args: null }, { Entrypoint: null, Cmd: C }, ['/c', 'c1']],
    ['empty lists of the image', {}, { Entrypoint: [], Cmd: C }, ['/c', 'c1']],
    ['an ENTRYPOINT of one empty word is none', {}, { Entrypoint: [''], Cmd: C }, ['/c', 'c1']],
  ])('%s', (_, container, config, words) => {
    for (const input of [running(container), service([{ name: 'app', image: 'app:1', ...container }])]) {
      const [read] = workloadWith(input, app(config)).containers;
      expect(read && imageCommand(read)?.words).toEqual(words);
    }
    // The command with its arguments is what runs, and of the image only its own words are.
    const { list } = outcome(running(container), config);
    const command = container.command;
    const first = Array.isArray(command) && command.length > 0 ? '/k' : words?.[0];
    expect(list).toEqual(first === undefined ? null : [first]);
  });

  test('an image that starts nothing leaves the entrypoint unknown', () => {
    expect(outcome(running({}), {})).toEqual({ list: null, asks: WILDCARD });
    const [first] = notices(running({}), {});
    expect(first?.code).toBe('ImplicitWildcard');
    expect(first?.message).toContain('docker.io/library/app:1 has neither ENTRYPOINT nor CMD');
    // An exec probe does not make it known.
    const probe = { livenessProbe: { exec: { command: ['check'] } } };
    expect(outcome(running(probe), {}, { mode: 'monitor' })).toEqual({ list: null, asks: WILDCARD });
  });
});

describe('how the first word becomes a file', () => {
  const env = (...variables: Fields[]) => ({ env: variables });
  test.each<[string, Fields, Config, readonly string[] | null]>([
    ['an absolute path', {}, { Cmd: ['/usr/bin/app'] }, ['/usr/bin/app']],
    ['one that is written oddly', {}, { Cmd: ['//usr/./bin//app'] }, ['/usr/bin/app']],
    ['one with ..', {}, { Cmd: ['/usr/lib/../bin/app'] }, null],
    [
      'a name: each directory of PATH',
      {},
      { Cmd: ['app'], Env: [`PATH=${PATH}`] },
      ['/bin/app', '/usr/bin/app', '/usr/local/bin/app'],
    ],
    [
      'a name, where the image sets no PATH: that of the runtimes',
      {},
      { Cmd: ['app'] },
      ['/bin/app', '/sbin/app', '/usr/bin/app', '/usr/local/bin/app', '/usr/local/sbin/app', '/usr/sbin/app'],
    ],
    [
      'a name, where the container sets PATH',
      env({ name: 'PATH', value: '/opt/bin/' }),
      { Cmd: ['app'], Env: [`PATH=${PATH}`] },
      ['/opt/bin/app'],
    ],
    ['PATH from elsewhere', env({ name: 'PATH', valueFrom: { secretKeyRef: {} } }), { Cmd: ['app'] }, null],
    ['PATH perhaps from elsewhere', { envFrom: [{ secretRef: { name: 'x' } }] }, { Cmd: ['app'] }, null],
    ['which matters to names only', { envFrom: [{ secretRef: { name: 'x' } }] }, { Cmd: ['/app'] }, ['/app']],
    ['PATH with a variable', env({ name: 'PATH', value: '/a:$(PATH)' }), { Cmd: ['app'] }, null],
    ['an empty PATH', env({ name: 'PATH', value: '' }), { Cmd: ['app'] }, null],
    ['a PATH of nothing absolute', {}, { Cmd: ['app'], Env: ['PATH=.:bin:'] }, null],
    [
      'its relative entries are left out',
      {},
      { Cmd: ['app'], Env: ['PATH=.:/a::bin:/a/:/b'] },
      ['/a/app', '/b/app'],
    ],
    ['a directory with ..', {}, { Cmd: ['app'], Env: ['PATH=/a/../b:/c'] }, null],
    ['a directory no list may hold', {}, { Cmd: ['app'], Env: ['PATH=/a\u202e:/c'] }, null],
    ['a path from WORKDIR', {}, { Cmd: ['./run'], WorkingDir: '/srv' }, null],
    ['a program in it', {}, { Cmd: ['./server'], WorkingDir: '/srv/' }, ['/srv/server']],
    ['a path in it', {}, { Cmd: ['bin/server'], WorkingDir: '/srv' }, ['/srv/bin/server']],
    ['no WORKDIR', {}, { Cmd: ['./server'] }, ['/server']],
    [
      "the container's own directory",
      { workingDir: '/opt' },
      { Cmd: ['./server'], WorkingDir: '/srv' },
      ['/opt/server'],
    ],
    ['a directory that is not absolute', {}, { Cmd: ['./server'], WorkingDir: 'srv' }, null],
    ['a path above it', {}, { Cmd: ['../server'], WorkingDir: '/srv' }, null],
    ['a variable is not replaced in an image', {}, { Cmd: ['$(APP)'] }, null],
    ['nor that of Lattice', {}, { Cmd: [`/opt/$${'{APP}'}`] }, null],
    ['an escaped one', {}, { Cmd: ['/opt/$$(APP)'] }, null],
    ['in args', { args: ['/opt/$(APP)'] }, {}, null],
    ['an empty word', {}, { Entrypoint: ['', 'x'] }, null],
    ['a directory is no program', {}, { Cmd: ['..'] }, null],
    ['a line break', {}, { Cmd: ['/a\nb'] }, null],
    ["a command of the workload's own", { command: ['app'] }, { Env: ['PATH=/a'] }, ['/a/app']],
    ['one in the working directory', { command: ['./server'] }, { WorkingDir: '/srv' }, ['/srv/server']],
    ['one with a variable', { command: ['$(APP)'] }, { Env: ['PATH=/a'] }, null],
    [
      'exec probes',
      { command: ['/app'], livenessProbe: { exec: { command: ['pg_isready'] } } },
      { Env: ['PATH=/a'] },
      ['/a/pg_isready', '/app'],
    ],
  ])('%s', (_, container, config, list) => {
    expect(outcome(running(container), config)).toEqual({ list, asks: list === null ? WILDCARD : [] });
  });

  test('a PATH of as many entries as the limit, and of one more', () => {
    const path = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`).join(':');
    const list = (count: number) =>
      outcome(running({ env: [{ name: 'PATH', value: path(count) }] }), { Cmd: ['app'] }).list?.length;
    expect([list(LIMITS.pathEntries), list(LIMITS.pathEntries + 1)]).toEqual([LIMITS.pathEntries, undefined]);
  });

  test('a PATH as long as the limit, and a longer one', () => {
    const list = (length: number) =>
      outcome(running({ env: [{ name: 'PATH', value: `/${'a/'.repeat(length)}`.slice(0, length) }] }), {
        Cmd: ['app'],
      }).list?.length;
    expect([list(LIMITS.pathLength - 256), list(LIMITS.pathLength + 1)]).toEqual([1, undefined]);
  });

  test('a name as long as a file can have, and a longer one', () => {
    const list = (length: number) =>
      outcome(running({}), { Cmd: ['a'.repeat(length)], Env: ['PATH=/b'] }).list;
    expect(list(255)).toEqual([`/b/${'a'.repeat(255)}`]);
    expect(list(256)).toBeNull();
    const [told] = notices(running({}), { Cmd: ['a'.repeat(10_000)] });
    expect(told?.code).toBe('UnresolvableEntrypoint');
    expect(told?.message.length).toBeLessThan(500);
  });

  test('as many files as the limit, and one more', () => {
    const hooked = (count: number, command: (index: number) => string[]) =>
      service([{ name: 'app', image: 'app:1', command: ['/app'] }], {
        backup: {
          hooks: { pre: Array.from({ length: count }, (_, index) => ({ command: command(index) })) },
        },
      });
    const names = (count: number) =>
      outcome(
        hooked(count, (index) => [`x${index}`]),
        { Env: ['PATH=/a:/b'] },
      );
    expect(names(LIMITS.lookedUp / 2).list).toHaveLength(LIMITS.lookedUp + 1);
    expect(names(LIMITS.lookedUp / 2 + 1)).toEqual({ list: null, asks: WILDCARD });
    // What launchers start counts too.
    const launched = (count: number) =>
      outcome(
        hooked(count, (index) => (index === 0 ? ['check'] : ['/tini', '--', `x${index}`])),
        {
          Env: ['PATH=/a:/b'],
        },
      );
    expect(launched(LIMITS.lookedUp / 2).list?.length).toBeGreaterThan(LIMITS.lookedUp - 10);
    expect(launched(LIMITS.lookedUp)).toEqual({ list: null, asks: WILDCARD });
  });

  test('without the config of the image all is as before', () => {
    const images = knownImages({ 'other:1': { Cmd: ['/other'], Env: ['PATH=/a'] } });
    for (const container of [{}, { command: ['app'] }, { command: ['/app'] }, { args: ['/a'] }]) {
      expect(compiledWith(running(container), images)).toEqual(compiledWith(running(container), []));
    }
  });

  test('a variable that Kubernetes escapes in a command is no path either', () => {
    expect(outcome(running({ command: ['/opt/$$APP'] }), {})).toEqual({ list: null, asks: WILDCARD });
  });

  test('the PATH of a Lattice container', () => {
    const container = { name: 'app', image: 'app:1', variables: { PATH: '/a', TOKEN: 'x' } };
    expect(outcome(service([container]), { Cmd: ['app'] }).list).toEqual(['/a/app']);
  });
});

describe('shells, scripts and launchers', () => {
  const Env = ['PATH=/usr/bin'];
  test.each<[string, Config]>([
    ['a shell', { Cmd: ['/bin/sh'] }],
    ['the shell form', { Entrypoint: ['/bin/sh', '-c', 'exec /app'] }],
    ['a script', { Entrypoint: ['/docker-entrypoint.sh'], Cmd: ['nginx'] }],
    ['a script by the end of its name', { Entrypoint: ['docker-php-entrypoint'], Cmd: ['php'] }],
    ['a script of another language', { Cmd: ['/app/main.py'] }],
    ['a script by the beginning of its name', { Cmd: ['start_runit'] }],
    ['a start script of Gradle', { Cmd: ['/app/build/install/shop/bin/Shop'] }],
    ['a program that calls others at work', { Cmd: ['/opt/bin/flanneld'] }],
    ['a package manager', { Cmd: ['npm', 'start'] }],
    ['BusyBox', { Cmd: ['busybox', 'httpd'] }],
    ['a launcher of a script', { Entrypoint: ['tini', '--', '/run.sh'] }],
    ['a launcher of a shell', { Entrypoint: ['tini', '--', 'sh', '-c', '/app'] }],
    ['a launcher of a package manager', { Entrypoint: ['tini', '--', 'npm', 'start'] }],
    ['a launcher of one that does', { Entrypoint: ['dumb-init', '--', '/nginx-ingress-controller'] }],
    ['a launcher of nothing', { Entrypoint: ['tini', '--'] }],
    ['a launcher with options that are not known', { Entrypoint: ['tini', '--what', '/app'] }],
    ['a launcher in whose place a path changes', { Entrypoint: ['chroot', '/x', '/app'] }],
    ['a launcher that changes PATH', { Entrypoint: ['env', 'PATH=/x', 'app'] }],
    ['a launcher that starts more than its command', { Entrypoint: ['xvfb-run', '/app'] }],
    ['a path from the working directory', { Entrypoint: ['tini', '--', './app'] }],
    ['a supervisor', { Cmd: ['/usr/bin/supervisord'] }],
  ])('%s: no list is enforced, but mode=monitor takes one', (_, config) => {
    const given = { Env, ...config };
    expect(outcome(running({}), given)).toEqual({ list: null, asks: WILDCARD });
    const [first = ''] = config.Entrypoint ?? config.Cmd ?? [];
    const path = first.startsWith('/') ? first : `/usr/bin/${first}`;
    expect(outcome(running({}), given, { mode: 'monitor' })).toEqual({ list: [path], asks: WILDCARD });
    const told = (mode: CompileOptions['mode']) =>
      notices(running({}), given, { mode }).filter(({ code }) => code === 'EntrypointNeedsEvents');
    for (const mode of ['enforce', 'monitor'] as const) {
      expect(told(mode)).toHaveLength(1);
      expect(told(mode)[0]?.message).toContain(JSON.stringify(first));
      expect(told(mode)[0]?.message).toContain('mode=monitor');
    }
    expect(codes(running({}), given, { mode: 'monitor' })).not.toContain('LauncherStartsOthers');
    // Whoever lists binaries has considered what it starts.
    expect(outcome(listing('/usr/bin/other'), given)).toEqual({
      list: ['/usr/bin/other', path].sort(),
      asks: ['allowedBinary:/usr/bin/other'],
    });
  });

  test.each<[string, Config, readonly string[]]>([
    ['tini', { Entrypoint: ['/tini', '--'], Cmd: ['/app', '-v'] }, ['/app', '/tini']],
    ['a name', { Entrypoint: ['tini', '-g', '--', 'app'] }, ['/usr/bin/app', '/usr/bin/tini']],
    ['dumb-init', { Entrypoint: ['dumb-init', '/app'] }, ['/app', '/usr/bin/dumb-init']],
    [
      'one within another',
      { Entrypoint: ['tini', '--', 'gosu', 'nobody', '/app'] },
      ['/app', '/usr/bin/gosu', '/usr/bin/tini'],
    ],
  ])('%s: whose arguments name all that is started', (_, config, list) => {
    expect(outcome(running({}), { Env, ...config })).toEqual({ list, asks: [] });
    expect(codes(running({}), { Env, ...config })).toEqual(['EntrypointOfImage', 'ImageMatchedByTag']);
  });

  const shell = ['/bin/sh', '-c', 'wget -q localhost'];
  const hook = (command: readonly string[]) => ({ lifecycle: { preStop: { exec: { command } } } });
  test.each<[string, Fields, readonly string[] | null]>([
    ['a probe that a shell runs', { livenessProbe: { exec: { command: shell } } }, null],
    [
      'a probe that is a program',
      { livenessProbe: { exec: { command: ['/bin/check'] } } },
      ['/app', '/bin/check'],
    ],
    [
      'a probe that is a launcher of a program',
      { livenessProbe: { exec: { command: ['/bin/timeout', '5', '/bin/check'] } } },
      ['/app', '/bin/check', '/bin/timeout'],
    ],
    ['a hook that is a program', hook(['/bin/sleep', '5']), ['/app', '/bin/sleep']],
    ['a hook that is a shell', hook(['/bin/sh', '-c', 'sleep 5']), null],
    ['a hook that is an entrypoint too', hook(['/app', '--stop']), ['/app']],
  ])('what would be killed if the config alone made a list: %s', (_, container, list) => {
    const config = { Cmd: ['/app'] };
    expect(outcome(running(container), config)).toEqual({ list, asks: list === null ? WILDCARD : [] });
    expect(codes(running(container), config).includes('EntrypointNeedsEvents')).toBe(list === null);
    // The workload's own command makes a list as before, and so does whoever lists binaries.
    const own = { command: ['/app'], ...container };
    expect(compiledWith(running(own), app(config))).toEqual(compiledWith(running(own), []));
    expect(outcome(listing('/usr/bin/x', container), config).list).toContain('/app');
  });

  test('a hook that PATH finds is each file that it can be', () => {
    const config = { Cmd: ['/app'], Env: ['PATH=/opt/bin:/bin'] };
    expect(outcome(running(hook(['sleep', '5'])), config)).toEqual({
      list: ['/app', '/bin/sleep', '/opt/bin/sleep'],
      asks: [],
    });
  });

  const init = { name: 'init', image: 'init:1', command: shell };
  const web = { name: 'web', image: 'app:1' };
  test.each<[string, Fields, readonly string[] | null]>([
    ['a shell', init, null],
    ['a program', { ...init, command: ['/bin/prepare'] }, ['/app', '/bin/prepare']],
    [
      'a program with a hook',
      { ...init, command: ['/bin/prepare'], ...hook(['/bin/sleep']) },
      ['/app', '/bin/prepare', '/bin/sleep'],
    ],
    ['a program with a hook by a shell', { ...init, command: ['/bin/prepare'], ...hook(shell) }, null],
  ])('a neighbour that runs %s by its own word', (_, neighbour, list) => {
    const config = { Cmd: ['/app'] };
    const input = deployment({ containers: [neighbour, web] });
    expect(outcome(input, config)).toEqual({ list, asks: list === null ? WILDCARD : [] });
    const told = notices(input, config).filter(({ code }) => code === 'EntrypointNeedsEvents');
    expect(told.map(({ container }) => container)).toEqual(list === null ? ['web'] : []);
    if (list === null) expect(told[0]?.message).toContain('he container init of the same pod');
    const { list: monitored } = outcome(input, config, { mode: 'monitor' });
    expect(monitored).toEqual(expect.arrayContaining(['/app']));
  });

  test('where a third container may run anything, nothing is held back', () => {
    const input = deployment({ containers: [init, web, { name: 'other', image: 'other:1' }] });
    expect(outcome(input, { Cmd: ['/app'] }).asks).toEqual(WILDCARD);
    const { manifests } = compiledWith(input, app({ Cmd: ['/app'] }), { scope: 'container' });
    expect(allowlistOf(manifests.filter(({ metadata }) => metadata.name.endsWith('--web')))).toEqual([
      '/app',
    ]);
  });

  test('a neighbour that lists what its shell starts holds nothing back', () => {
    const input = deployment(
      { containers: [init, web] },
      { labels: { app: 'web' }, annotations: { [`${LIST}.init`]: '/bin/wget' } },
    );
    expect(outcome(input, { Cmd: ['/app'] })).toEqual({
      list: ['/app', '/bin/sh', '/bin/wget'],
      asks: ['allowedBinary:/bin/wget'],
    });
  });

  test("a shell that is the workload's own word is as before; one that only PATH finds is not enforced", () => {
    const own = { command: ['/bin/sh', '-c', 'sleep 1'] };
    expect(outcome(running(own), { Env })).toEqual({ list: ['/bin/sh'], asks: [] });
    expect(outcome(running({ command: ['sh', '-c', 'sleep 1'] }), { Env })).toEqual({
      list: null,
      asks: WILDCARD,
    });
  });

  test('what a listed launcher of the image starts is told of as for a command', () => {
    const [told] = notices(listing('/bin/sh'), { Entrypoint: ['/bin/sh', '-c', 'exec /app'] }).filter(
      ({ code }) => code === 'LauncherStartsOthers',
    );
    expect(told?.message).toContain('it starts /app, which is not on the allowlist');
    expect(told && toPointer(told.path)).toBe('/spec/template/spec/containers/0/image');
  });

  test('a neighbour that may run anything leaves the pod without a list, in mode=monitor too', () => {
    const containers = [
      { name: 'a', image: 'app:1' },
      { name: 'b', image: 'b:1' },
    ];
    const config = { Cmd: ['/run.sh'] };
    expect(outcome(deployment({ containers }), config, { mode: 'monitor' }).list).toBeNull();
    expect(outcome(deployment({ containers }), config, { mode: 'monitor', scope: 'container' }).list).toEqual(
      ['/run.sh'],
    );
  });
});

test('the place of a command is in its container, also beside a security context', () => {
  const container = { command: ['app'], securityContext: { runAsNonRoot: true, runAsUser: 1 } };
  const images = app({ Env: ['PATH=/a'] });
  for (const known of [[], images]) {
    const [told] = compiledWith(running(container), known).notices.filter(
      ({ code }) => code === 'UnresolvableEntrypoint' || code === 'EntrypointOfImage',
    );
    expect(told && toPointer(told.path)).toBe('/spec/template/spec/containers/0/command/0');
  }
});

describe('what is asked for', () => {
  test('authorizeEntrypoints asks for the entrypoints of images, each file that they can be', () => {
    const asks = (input: unknown, config: Config) =>
      securityOverrides(workloadWith(input, app(config)), { authorizeEntrypoints: true }).map(
        ({ id, implicit, path }) => [id, implicit, toPointer(path)],
      );
    const image = '/spec/template/spec/containers/0/image';
    expect(asks(running({}), { Cmd: ['app'], Env: ['PATH=/a:/b'] })).toEqual([
      ['allowedBinary:/a/app', true, image],
      ['allowedBinary:/b/app', true, image],
    ]);
    expect(asks(running({}), { Cmd: ['/run.sh'] })).toEqual([
      ['allowedBinary:*', true, '/spec/template/spec/containers/0'],
      ['allowedBinary:/run.sh', true, image],
    ]);
  });

  test('with a list the entrypoint joins it, and nothing more is asked for', () => {
    expect(outcome(listing('/usr/bin/curl'), { Cmd: ['/app'] })).toEqual({
      list: ['/app', '/usr/bin/curl'],
      asks: ['allowedBinary:/usr/bin/curl'],
    });
    expect(codes(listing('/usr/bin/curl'), { Cmd: ['/app'] })).not.toContain('ImageEntrypointNotDeclared');
    expect(codes(listing('/usr/bin/curl'), {})).toContain('ImageEntrypointNotDeclared');
    const unknown = { Cmd: ['$(APP)'] };
    expect(outcome(listing('/usr/bin/curl'), unknown).list).toEqual(['/usr/bin/curl']);
    expect(codes(listing('/usr/bin/curl'), unknown)).toContain('ImageEntrypointNotDeclared');
  });

  test('a container that may run anything by its own word stays so, and nothing is told of its image', () => {
    expect(outcome(listing('*'), { Cmd: ['/run.sh'] })).toEqual({ list: null, asks: ['allowedBinary:*'] });
    expect(codes(listing('*'), { Cmd: ['/bin/sh', '-c', 'x'] })).toEqual([]);
  });

  test('the advice to a denied wildcard names what the image starts', () => {
    const workload = workloadWith(running({}), app({ Cmd: ['/run.sh', 'hunter2'] }));
    const advice = overrideAdvice(workload, { id: 'allowedBinary:*', implicit: true, container: 'app' });
    expect(advice).toContain('The container app runs "/run.sh", and nobody has listed all that it runs');
    expect(advice).not.toContain('hunter2');
  });
});

describe('what is told', () => {
  const image = 'docker.io/library/app:1';
  test.each<[string, Fields, Config, string]>([
    [
      'an absolute path',
      {},
      { Cmd: ['/app', 'x'] },
      `By the config of the image ${image}, the container starts "/app", which counts as an entrypoint.`,
    ],
    [
      'a name',
      {},
      { Cmd: ['app'], Env: ['PATH=/a:/b'] },
      `the container starts "app", which is looked up in the PATH of the image ${image}; each path that it can be counts as an entrypoint: /a/app and /b/app.`,
    ],
    [
      'the PATH of the container',
      { env: [{ name: 'PATH', value: '/a' }] },
      { Cmd: ['app'] },
      'in the PATH of the container;',
    ],
    [
      'the PATH of the runtimes',
      {},
      { Cmd: ['app'] },
      'in the PATH that container runtimes set by default, because the image sets none;',
    ],
    [
      'entries that are left out',
      {},
      { Cmd: ['app'], Env: ['PATH=.:/a'] },
      '(its entries that are not absolute are left out)',
    ],
    [
      'a working directory',
      {},
      { Cmd: ['./app'] },
      '; in its working directory that is /app, which counts as an entrypoint. If it is a symbolic link',
    ],
    [
      "the workload's own word",
      { command: ['app'] },
      { Env: ['PATH=/a'] },
      'The container runs "app", which is looked up in the PATH of the image',
    ],
  ])('%s', (_, container, config, message) => {
    const [told, ...others] = notices(running(container), config).filter(
      ({ code }) => code === 'EntrypointOfImage',
    );
    expect(told?.message).toContain(message);
    expect(others).toEqual([]);
  });

  test('pathMatching=resolved knows nothing of symbolic links', () => {
    const [told] = notices(running({}), { Cmd: ['/app'] }, { pathMatching: 'resolved' });
    expect(told?.message).toMatch(/entrypoint\. With pathMatching=resolved, where it is a symbolic link/);
  });

  test('a tag moves, and a digest does not', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = knownImages({ [digest]: { Cmd: ['/app'] }, 'app:1': { Cmd: ['/app'] } });
    const told = (name: string) =>
      compiledWith(running({ image: name }), images)
        .notices.map(({ code }) => code)
        .filter((code) => code !== 'PolicyRenamed');
    expect(told('app:1')).toEqual(['EntrypointOfImage', 'ImageMatchedByTag']);
    expect(told(`app:1@${digest}`)).toEqual(['EntrypointOfImage']);
    expect(told(`app:1@sha256:${'b'.repeat(64)}`)).toEqual(['ImplicitWildcard']);
  });

  test.each<[string, Fields, Config, string[]]>([
    [
      'ENTRYPOINT',
      {},
      { Entrypoint: ['/bin/sh', '-c', 'exec /app'], Cmd: ['x'] },
      ['ENTRYPOINT of the image is a line for the shell sh'],
    ],
    [
      'ENTRYPOINT with args',
      { args: ['x'] },
      { Entrypoint: ['/bin/sh', '-c', 'exec /app'] },
      ['positional parameters of that line'],
    ],
    [
      'CMD',
      {},
      { Cmd: ['/bin/bash', '-o', 'pipefail', '-c', 'exec /app'] },
      ['CMD of the image is a line for the shell bash, which starts'],
    ],
    [
      'CMD of an ENTRYPOINT',
      {},
      { Entrypoint: ['/app'], Cmd: ['/bin/sh', '-c', 'x'] },
      ['which its ENTRYPOINT gets as arguments'],
    ],
    ['CMD that args replace', { args: ['x'] }, { Entrypoint: ['/app'], Cmd: ['/bin/sh', '-c', 'x'] }, []],
    ['a command replaces both', { command: ['/app'] }, { Entrypoint: ['/bin/sh', '-c', 'x'] }, []],
    ['a shell with a script', {}, { Entrypoint: ['/bin/sh', '/run.sh'] }, []],
  ])('the shell form of %s', (_, container, config, messages) => {
    const told = notices(running(container), config).filter(({ code }) => code === 'ShellFormEntrypoint');
    expect(told).toHaveLength(messages.length);
    messages.forEach((message, index) => {
      expect(told[index]?.message).toContain(message);
    });
  });

  test.each<[string, Fields, string | undefined]>([
    ['', { runAsNonRoot: true }, 'runs as root'],
    ['0', { runAsNonRoot: true }, 'runs as root'],
    ['0:0', { runAsNonRoot: true }, 'runs as root'],
    ['00', { runAsNonRoot: true }, 'runs as root'],
    ['root', { runAsNonRoot: true }, 'is the name "root"'],
    ['nginx:nginx', { runAsNonRoot: true }, 'is the name "nginx"'],
    ['101', { runAsNonRoot: true }, undefined],
    ['101:0', { runAsNonRoot: true }, undefined],
    ['root', { runAsNonRoot: true, runAsUser: 1 }, undefined],
    ['root', { runAsNonRoot: false }, undefined],
    ['root', {}, undefined],
  ])('the user %j with %j', (User, securityContext, message) => {
    const told = notices(running({ command: ['/app'], securityContext }), { User }).filter(
      ({ code }) => code === 'ImageUserRefused',
    );
    expect(told).toHaveLength(message === undefined ? 0 : 1);
    if (message !== undefined) expect(told[0]?.message).toContain(message);
  });

  test('an entrypoint in a volume that the container may write to', () => {
    const mounted = running(
      { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      { volumes: [{ name: 'data', emptyDir: {} }] },
    );
    const read = (config: Config) => {
      const document = { index: 0, value: mounted, locate: () => undefined, rounded: () => [] };
      const result = readWorkloads([document], { images: app(config) });
      return result.ok ? result.notices.map(({ code }) => code) : [];
    };
    expect(read({ Cmd: ['server'], Env: ['PATH=/bin:/data/bin'] })).toEqual(['WritableAllowlist']);
    expect(read({ Cmd: ['server'], Env: ['PATH=/bin'] })).toEqual([]);
  });
});

describe('what was assumed', () => {
  const containers = [
    { name: 'web', image: 'app:1' },
    { name: 'also', image: `app@sha256:${'a'.repeat(64)}`, command: ['check'] },
    { name: 'other', image: 'app:1', command: ['/own'] },
  ];
  const images = knownImages({
    'app:1': { Cmd: ['/app', 'hunter2'] },
    [`sha256:${'a'.repeat(64)}`]: { Env: ['PATH=/a:/b', 'TOKEN=hunter2'] },
  });

  test('is in the answer, without any argument', () => {
    expect(imageAssumptions(workloadWith(deployment({ containers }), images))).toEqual([
      {
        container: 'also',
        image: `app@sha256:${'a'.repeat(64)}`,
        matchedBy: 'digest',
        name: `sha256:${'a'.repeat(64)}`,
        entrypoints: [
          {
            word: 'check',
            isOfImage: false,
            paths: ['/a/check', '/b/check'],
            pathOf: 'image',
          },
        ],
        needsEvents: false,
      },
      {
        container: 'web',
        image: 'app:1',
        matchedBy: 'reference',
        name: 'docker.io/library/app:1',
        entrypoints: [{ word: '/app', isOfImage: true, paths: ['/app'], pathOf: undefined }],
        needsEvents: false,
      },
    ]);
  });

  test.each<[Partial<CompileOptions>, readonly (string | undefined)[]]>([
    [{}, [`also=sha256:${'a'.repeat(64)},web=docker.io/library/app:1`, undefined]],
    [{ layout: 'merged' }, [`also=sha256:${'a'.repeat(64)},web=docker.io/library/app:1`]],
    [
      { layout: 'merged', scope: 'container' },
      [`also=sha256:${'a'.repeat(64)}`, undefined, 'web=docker.io/library/app:1'],
    ],
  ])('is in the annotations of the manifests that rest on it: %j', (options, expected) => {
    const { manifests } = compiledWith(deployment({ containers }), images, options);
    expect(manifests.map(({ metadata }) => metadata.annotations?.['lattice.dev/images'])).toEqual(expected);
  });

  test('is nothing for pods of Windows', () => {
    const windows = deployment({ os: { name: 'windows' }, containers });
    expect(imageAssumptions(workloadWith(windows, images))).toEqual([]);
  });
});
