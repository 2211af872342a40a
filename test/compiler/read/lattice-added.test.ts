import { describe, expect, test } from 'vitest';
import { overrideAdvice } from '../../../src/compiler/derive/override-advice.ts';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { readWorkloadObjects } from '../../../src/compiler/index.ts';
import type { KnownImage } from '../../../src/compiler/model/image.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import type { Workload } from '../../../src/compiler/model/workload.ts';
import { faults, service, workloads } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

function model(modelSource: unknown, security: Fields = {}): Fields {
  return {
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeModel',
    metadata: { name: 'llm', namespace: 'ml' },
    spec: {
      modelSource,
      roles: {
        decode: {
          entryWorkload: { containers: { main: { image: 'v:1', command: ['/v'], security } } },
          workerWorkload: { containers: { main: { image: 'v:1', command: ['/w'] } } },
        },
      },
    },
  };
}

function asks(of: readonly Workload[]): string[] {
  return of.flatMap((workload) =>
    securityOverrides(workload, { authorizeEntrypoints: false }).map(
      ({ id, container, path, image }) =>
        `${workload.name} ${container ?? 'pod'} ${id} ${toPointer(path)}${image === undefined ? '' : ` ${image}`}`,
    ),
  );
}

function names(workload: Workload | undefined, options: Partial<CompileOptions> = {}): string[] {
  if (workload === undefined) return [];
  return compile(workload, { ...DEFAULT_OPTIONS, ...options }).manifests.map(({ metadata }) => metadata.name);
}

describe('the container that Lattice adds to download a model', () => {
  const source = { uri: 'hf://org/model' };
  const image = 'ghcr.io/volcano-sh/downloader:latest';

  test('each pod of the model asks for what it runs, because its entrypoint is unknown', () => {
    expect(asks(workloads(JSON.stringify(model(source))))).toEqual([
      `llm-decode model-downloader allowedBinary:* /spec/modelSource ${image}`,
      `llm-decode-worker model-downloader allowedBinary:* /spec/modelSource ${image}`,
    ]);
  });

  test('it names the image that it is given', () => {
    expect(asks(workloads(JSON.stringify(model({ ...source, downloaderImage: 'own:1' }))))[0]).toBe(
      'llm-decode model-downloader allowedBinary:* /spec/modelSource own:1',
    );
  });

  test.each([null, undefined])('%s is none', (none) => {
    expect(asks(workloads(JSON.stringify(model(none))))).toEqual([]);
  });

  test('the pod has no list, and with scope=container the other container has one', () => {
    const [entry] = workloads(JSON.stringify(model(source)));
    expect(names(entry)).toEqual(['block-setuid-llm-decode', 'block-capset-llm-decode']);
    expect(names(entry, { scope: 'container' })).toContain('allow-binaries-llm-decode--main');
  });

  test('what its image starts joins the list where somebody has given the config', () => {
    const known: KnownImage = {
      digests: [],
      references: [image],
      facts: { entrypoint: ['/usr/bin/download'], cmd: [], workingDir: '/', path: undefined, user: '' },
    };
    const read = readWorkloadObjects([{ value: model(source), source: { document: 0, path: [] } }], {
      images: [known],
    });
    const [entry] = read.ok ? read.workloads : [];
    expect(asks(entry === undefined ? [] : [entry])).toEqual([]);
    expect(JSON.stringify(entry === undefined ? '' : compile(entry, DEFAULT_OPTIONS).manifests)).toContain(
      '/usr/bin/download',
    );
  });

  test.each(['declared', 'restricted'] as const)(
    'its root filesystem can be written to, so the pod may not forbid it (unset=%s)',
    (unset) => {
      const [entry] = workloads(JSON.stringify(model(source, { readOnlyRootFilesystem: true })));
      expect(names(entry, { unset })).not.toContain('block-rootfs-write-llm-decode');
      const result = entry && compile(entry, { ...DEFAULT_OPTIONS, unset });
      expect(
        result?.notices
          .filter(({ code }) => code === 'PolicySkippedForPod')
          .map((notice) => notice.container),
      ).toEqual(['model-downloader']);
      expect(names(entry, { unset, scope: 'container' })).toContain('block-rootfs-write-llm-decode--main');
      const [without] = workloads(JSON.stringify(model(null, { readOnlyRootFilesystem: true })));
      expect(names(without, { unset })).toContain('block-rootfs-write-llm-decode');
    },
  );

  test('it may hold the capabilities of the runtime, also with unset=restricted', () => {
    const capset = (modelSource: unknown): string => {
      const [entry] = workloads(JSON.stringify(model(modelSource)));
      const { manifests } = entry
        ? compile(entry, { ...DEFAULT_OPTIONS, unset: 'restricted' })
        : { manifests: [] };
      return JSON.stringify(manifests.find(({ metadata }) => metadata.name.startsWith('block-capset')));
    };
    expect(capset(source)).toContain('0xffffffff57fbda04');
    expect(capset(null)).toContain('0xffffffffffffffff');
  });

  test('the advice is not to list what cannot be listed', () => {
    const [entry] = workloads(JSON.stringify(model(source)));
    const [override] = entry ? securityOverrides(entry, { authorizeEntrypoints: false }) : [];
    expect(entry && override && overrideAdvice(entry, override)).toBe(
      'The operator adds the container model-downloader to the pods, and its image alone knows what it runs. Send the config of that image with the workload.',
    );
  });

  test('a container of its name is a fault, because the pod would have two', () => {
    const input = model(source);
    const twice = JSON.parse(JSON.stringify(input).replaceAll('"main"', '"model-downloader"'));
    expect(faults(twice)).toEqual(['/spec/modelSource: The container name model-downloader is used twice.']);
  });
});

describe('the directory that keeps a model', () => {
  const kept = (cacheUri: string): Fields => model({ uri: 'hf://m', downloaderImage: 'd:1', cacheUri });

  test.each<[string, readonly string[]]>([
    ['hostpath:///mnt//models/', ['pod hostPath:/mnt/models /spec/modelSource/cacheUri']],
    ['hostpath:///', ['pod hostPath:/ /spec/modelSource/cacheUri']],
    ['pvc://models', []],
    ['HostPath:///models', []],
  ])('%s', (cacheUri, expected) => {
    const [entry] = workloads(JSON.stringify(kept(cacheUri)));
    expect(
      asks(entry === undefined ? [] : [entry])
        .filter((ask) => !ask.includes('model-downloader'))
        .map((ask) => ask.replace('llm-decode ', '')),
    ).toEqual(expected);
  });

  test.each(['hostpath://models', 'hostpath:///a/../b', 'hostpath://'])('%s is a fault', (cacheUri) => {
    expect(faults(kept(cacheUri)).map((fault) => fault.split(':')[0])).toEqual([
      '/spec/modelSource/cacheUri',
    ]);
  });
});

describe('the shell by which Lattice starts the commands of a training', () => {
  const job = (training: unknown, task: Fields): Fields => ({
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeJob',
    metadata: { name: 'ddp', namespace: 'ml' },
    spec: { training, tasks: { worker: task } },
  });
  const training = { framework: 'PyTorch', coordinatorTask: 'worker' };
  const main = { main: { image: 't:1', command: ['/usr/bin/python3', 'train.py'] } };

  function list(input: unknown, options: Partial<CompileOptions> = {}): Record<string, readonly string[]> {
    const [workload] = workloads(JSON.stringify(input));
    const { manifests } = workload
      ? compile(workload, { ...DEFAULT_OPTIONS, ...options })
      : { manifests: [] };
    return Object.fromEntries(
      manifests
        .filter(({ metadata }) => metadata.name.startsWith('allow-binaries'))
        .map((manifest) => [
          manifest.metadata.name,
          manifest.spec.kprobes?.[0]?.selectors?.[1]?.matchArgs?.[0]?.values ?? [],
        ]),
    );
  }

  test('joins the list, and is no override of its own', () => {
    const input = job(training, { workload: { containers: main } });
    expect(asks(workloads(JSON.stringify(input)))).toEqual([]);
    expect(list(input)).toEqual({ 'allow-binaries-ddp-worker': ['/bin/sh', '/usr/bin/python3'] });
    expect(list(job(undefined, { workload: { containers: main } }))).toEqual({
      'allow-binaries-ddp-worker': ['/usr/bin/python3'],
    });
  });

  test('is told of, and with pathMatching=resolved also what to list', () => {
    const [workload] = workloads(JSON.stringify(job(training, { workload: { containers: main } })));
    const told = (pathMatching: 'either' | 'resolved') =>
      workload &&
      compile(workload, { ...DEFAULT_OPTIONS, pathMatching }).notices.filter(
        ({ code }) => code === 'ControllerBinariesListed',
      );
    expect(told('either')?.map(({ message }) => message)).toEqual([
      "Lattice's operator starts the command of this container by /bin/sh, so the allowlist has that too.",
    ]);
    expect(told('resolved')?.[0]?.message).toContain('list the file that it leads to');
  });

  test('must be permitted where entrypoints must', () => {
    const [workload] = workloads(JSON.stringify(job(training, { workload: { containers: main } })));
    expect(
      workload && securityOverrides(workload, { authorizeEntrypoints: true }).map(({ id }) => id),
    ).toEqual(['allowedBinary:/bin/sh', 'allowedBinary:/usr/bin/python3']);
  });

  test('starts sidecars too, but none that runs before the others', () => {
    const input = job(training, {
      workload: { containers: main },
      sidecars: {
        log: { image: 'l:1', command: ['/log'] },
        setup: { image: 's:1', command: ['/setup'], init: true },
      },
    });
    expect(list(input, { scope: 'container' })).toEqual({
      'allow-binaries-ddp-worker--main': ['/bin/sh', '/usr/bin/python3'],
      'allow-binaries-ddp-worker--log': ['/bin/sh', '/log'],
      'allow-binaries-ddp-worker--setup': ['/setup'],
    });
  });

  test('runs the args alone where there is no command, whatever the image would', () => {
    const input = job(training, {
      workload: { containers: { main: { image: 't:1', args: ['/bin/other'] } } },
    });
    const facts = { entrypoint: ['/app'], cmd: [], workingDir: '/', path: undefined, user: '' };
    const read = readWorkloadObjects([{ value: input, source: { document: 0, path: [] } }], {
      images: [{ digests: [], references: ['t:1'], facts }],
    });
    expect(asks(read.ok ? read.workloads : []).map((ask) => ask.split(' ').slice(1, 3))).toEqual([
      ['main', 'allowedBinary:*'],
    ]);
  });
});

describe('sysctls of a Lattice document', () => {
  const containers = { main: { command: ['/m'] } };
  const unsafe = { 'net.ipv4.conf.all.src_valid_mark': '1', 'net.ipv4.tcp_syncookies': '1' };

  test.each<[string, Fields, string]>([
    ['beside the workload', service(containers, { sysctls: unsafe }), '/spec/sysctls'],
    ['in the runtime', service(containers, { runtime: { sysctls: unsafe } }), '/spec/runtime/sysctls'],
    [
      'in the defaults of a task',
      {
        ...service(containers),
        kind: 'LatticeJob',
        spec: {
          defaults: { sysctls: unsafe },
          tasks: { t: { workload: { containers }, runtime: { sysctls: { 'net.ipv4.tcp_rmem': '1' } } } },
        },
      },
      '/spec/defaults/sysctls',
    ],
  ])('%s', (_, input, at) => {
    expect(asks(workloads(JSON.stringify(input))).map((ask) => ask.replace(/^\S+ /, ''))).toEqual([
      `pod sysctl:net.ipv4.conf.all.src_valid_mark ${at}/net.ipv4.conf.all.src_valid_mark`,
    ]);
  });

  test.each<[string, unknown, string]>([
    [
      'a list',
      [{ name: 'kernel.sem', value: '1' }],
      '/spec/sysctls: Expected a mapping from the names of sysctls to their values.',
    ],
    ['a name that is none', { 'a b': '1' }, '/spec/sysctls/a b: Expected the name of a sysctl'],
  ])('%s is a fault', (_, sysctls, expected) => {
    expect(faults(service(containers, { sysctls })).map((fault) => fault.slice(0, expected.length))).toEqual([
      expected,
    ]);
  });
});
