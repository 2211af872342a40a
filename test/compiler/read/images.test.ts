import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KnownImage } from '../../../src/compiler/model/image.ts';
import { parseImageReference } from '../../../src/compiler/model/image-reference.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { pathVariableOf } from '../../../src/compiler/read/container-environment.ts';
import { imageIndex } from '../../../src/compiler/read/images/image-index.ts';
import { readImages } from '../../../src/compiler/read/images/read-images.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a Dockerfile sets, as the config of an image has it. */
const CONFIG = {
  Entrypoint: ['/docker-entrypoint.sh'],
  Cmd: ['nginx', '-g', 'daemon off;'],
  WorkingDir: '/srv',
  Env: ['TOKEN=hunter2', `PATH=${PATH}`, 'PATHS=/x'],
  User: '101',
};
/** As `crane config` and `skopeo inspect --config` print it. */
const OCI = { architecture: 'amd64', os: 'linux', config: CONFIG, rootfs: { type: 'layers', diff_ids: [] } };
/** An item of what `docker image inspect` prints. */
const INSPECTED = {
  Id: `sha256:${'c'.repeat(64)}`,
  RepoTags: ['nginx:1.27', 'nginx:latest'],
  RepoDigests: [`nginx@${A}`],
  Os: 'linux',
  Config: CONFIG,
};
/** As `crane manifest` prints it. */
const MANIFEST = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: A, size: 7023 },
  layers: [],
};
/** As `crane manifest` prints it for an image of several platforms. */
const INDEX = {
  schemaVersion: 2,
  manifests: [{ digest: A, platform: { architecture: 'amd64', os: 'linux' } }],
};
const FACTS = {
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  workingDir: '/srv',
  path: PATH,
  user: '101',
};

function read(value: unknown, name?: string) {
  return readImages([{ value, source: { document: 0, path: [] }, name }]);
}

function images(value: unknown, name?: string): readonly KnownImage[] {
  const result = read(value, name);
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join('; '));
  return result.images;
}

function faults(value: unknown, name?: string): string[] {
  const result = read(value, name);
  return result.ok ? [] : result.faults.map(({ path, message }) => `${toPointer(path)}: ${message}`);
}

describe('the forms in which images are told of', () => {
  const tagged = { digests: [], references: ['nginx:1.27'], facts: FACTS };
  test.each<[string, unknown, string | undefined, readonly unknown[]]>([
    ['a config by its reference', { 'nginx:1.27': OCI }, undefined, [tagged]],
    ['by its digest', { [A]: OCI }, undefined, [{ digests: [A], references: [], facts: FACTS }]],
    [
      'by a reference with a digest, which wins over its tag',
      { [`nginx:1.27@${A}`]: OCI },
      undefined,
      [{ digests: [A], references: [], facts: FACTS }],
    ],
    [
      'docker image inspect',
      [INSPECTED],
      undefined,
      [{ digests: [A], references: ['nginx:1.27', 'nginx:latest'], facts: FACTS }],
    ],
    [
      'one of its items',
      INSPECTED,
      'inspect.json',
      [{ digests: [A], references: ['nginx:1.27', 'nginx:latest'], facts: FACTS }],
    ],
    ['one of its items by a reference', { 'nginx:1.27': INSPECTED }, undefined, [tagged]],
    ['one config alone, for an image that is named', OCI, 'nginx:1.27', [tagged]],
    ['the same, with no field but config', { config: CONFIG }, 'nginx:1.27', [tagged]],
    ['lists in lists', [[{ 'nginx:1.27': OCI }], []], undefined, [tagged]],
    ['no image', {}, undefined, []],
    [
      'an image that sets nothing',
      {
        a: { architecture: 'amd64', os: 'linux' },
        b: { config: null },
        c: { config: { Entrypoint: null, Cmd: [] } },
      },
      undefined,
      ['a', 'b', 'c'].map((name) => ({
        digests: [],
        references: [name],
        facts: { entrypoint: [], cmd: [], workingDir: '/', path: undefined, user: '' },
      })),
    ],
    [
      'images without a tag, as old versions of docker print them',
      [{ ...INSPECTED, RepoTags: ['<none>:<none>'], RepoDigests: null }],
      undefined,
      [{ digests: [], references: [], facts: FACTS }],
    ],
  ])('%s', (_, value, name, expected) => {
    expect(images(value, name)).toEqual(expected);
  });

  test('the last PATH counts, and nothing else of the variables is kept', () => {
    const [image] = images({ a: { config: { Env: ['PATH=/a', 'SECRET=hunter2', 'PATH=/b'] } } });
    expect(image?.facts.path).toBe('/b');
    expect(JSON.stringify(images([INSPECTED, { 'a:1': OCI }]))).not.toContain('hunter2');
  });

  test('an image for Windows has a notice, and no facts', () => {
    const result = read([{ 'a:1': { ...OCI, os: 'windows' } }, { ...INSPECTED, Os: 'Windows' }]);
    expect(result.ok && result.images).toEqual([]);
    expect(result.ok && result.notices.map(({ code, path }) => [code, toPointer(path)])).toEqual([
      ['WindowsImage', '/0/a:1'],
      ['WindowsImage', '/1'],
    ]);
  });
});

describe('what is wrong with them', () => {
  test.each<[string, unknown, string]>([
    ['a config of nobody knows which image', OCI, ': This is the config of one image, but not of which.'],
    ['no mapping', 'nginx', ': Expected the config of an image'],
    [
      'what skopeo prints without --config',
      { Name: 'x', RepoTags: ['1'], Env: ['A=hunter2'] },
      ': Expected the config',
    ],
    ['no config', { 'a:1': {} }, '/a:1: Expected the config of an image'],
    ['no reference', { 'docker://a:1': OCI }, '/docker:~1~1a:1: "docker://a:1" is neither the reference'],
    [
      'a shell form that is not read',
      { a: { config: { Entrypoint: 'nginx' } } },
      '/a/config/Entrypoint: Expected a list',
    ],
    ['words that are none', { a: { config: { Cmd: ['x', 1] } } }, '/a/config/Cmd/1: Expected a word'],
    ['a NUL', { a: { config: { Cmd: ['x\0'] } } }, '/a/config/Cmd/0: Expected a word'],
    ['a directory that is none', [{ Config: { WorkingDir: 1 } }], '/0/Config/WorkingDir: Expected a string.'],
    ['a user that is none', { a: { config: { User: 0 } } }, '/a/config/User: Expected a string.'],
    [
      'variables that are none',
      { a: { config: { Env: { X: 'hunter2' } } } },
      '/a/config/Env: Expected a list',
    ],
    [
      'a variable that is none',
      { a: { config: { Env: ['A=hunter2', 7] } } },
      '/a/config/Env/1: Expected a variable',
    ],
    ['a field in another case', { a: { config: { entrypoint: ['x'] } } }, '/a/config/entrypoint: This field'],
    ['a manifest under its reference', { a: MANIFEST }, '/a: Expected the config of an image'],
    ['an index under its reference', { a: INDEX }, '/a: Expected the config of an image'],
    ['a config that is none', { a: { config: [] } }, '/a/config: Expected a mapping'],
    [
      'two configs of one reference, written differently',
      { nginx: OCI, 'docker.io/library/nginx:latest': { config: {} } },
      '/docker.io~1library~1nginx:latest: The config of docker.io/library/nginx:latest contradicts',
    ],
    [
      'two configs of one digest',
      [INSPECTED, { [A]: { config: {} } }],
      `/1/${A}: The config of ${A} contradicts`,
    ],
  ])('%s', (_, value, message) => {
    const [first, ...others] = faults(value);
    expect(first?.startsWith(message), first).toBe(true);
    expect(others).toEqual([]);
    expect(first).not.toContain('hunter2');
  });

  test('a manifest by mistake is refused, because it would say that the image starts nothing', () => {
    const without = { config: { digest: A, size: 7023 } };
    for (const manifest of [MANIFEST, without])
      expect(faults(manifest, 'nginx:1.27')).toEqual([
        expect.stringMatching(/^: Expected the config of an im/),
      ]);
  });

  test('the same config twice is no contradiction', () => {
    expect(faults([INSPECTED, INSPECTED, { nginx: OCI }])).toEqual([]);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
  test.each<[keyof typeof LIMITS, (count: number) => unknown]>([
    ['images', (count) => Object.fromEntries(many(count).map((name) => [name, OCI]))],
    ['imageNames', (count) => [{ ...INSPECTED, RepoTags: many(count), RepoDigests: [] }]],
    ['imageWords', (count) => ({ a: { config: { Cmd: many(count) } } })],
    ['pathLength', (count) => ({ a: { config: { Env: [`PATH=${'a'.repeat(count)}`] } } })],
    ['pathEntries', (count) => ({ a: { config: { Env: [`PATH=${many(count).join(':')}`] } } })],
  ])('%s: as many as the limit, and one more', (limit, make) => {
    expect(faults(make(LIMITS[limit]))).toEqual([]);
    expect(faults(make(LIMITS[limit] + 1))[0]).toContain(`${LIMITS[limit]}`);
  });
});

test('whatever is given, it is read or told what is wrong with it', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom('nginx', 'a@b', A, 'config', 'Config', 'os', 'RepoTags', 'architecture'),
      fc.oneof(fc.jsonValue(), fc.constant(OCI), fc.constant(INSPECTED)),
    ),
  );
  fc.assert(
    fc.property(fc.array(value), fc.option(fc.constant('nginx'), { nil: undefined }), (values, name) => {
      const sources = values.map((each) => ({ value: each, source: { document: 0, path: [] }, name }));
      const result = readImages(sources);
      if (!result.ok) expect(result.faults.length).toBeGreaterThan(0);
      expect(JSON.stringify(result)).not.toContain('hunter2');
    }),
  );
});

describe('which image a container means', () => {
  const known: KnownImage[] = [
    { digests: [A], references: ['nginx:1.27'], facts: { ...FACTS, user: 'tagged' } },
    { digests: [], references: ['quay.io/a/b', 'localhost:5000/c:1'], facts: { ...FACTS, user: 'other' } },
  ];
  test.each<[string | undefined, string | undefined]>([
    ['nginx:1.27', 'reference docker.io/library/nginx:1.27'],
    ['docker.io/nginx:1.27', 'reference docker.io/library/nginx:1.27'],
    ['index.docker.io/library/nginx:1.27', 'reference docker.io/library/nginx:1.27'],
    [`nginx@${A}`, `digest ${A}`],
    [`nginx:1.26@${A}`, `digest ${A}`],
    [`mirror.example.org/nginx@${A}`, `digest ${A}`],
    // Never by its reference when it names another digest.
    [`nginx:1.27@${B}`, undefined],
    [`nginx:1.27@${A.toUpperCase()}`, undefined],
    ['nginx:1.27@sha256:aa', undefined],
    ['nginx', undefined],
    ['example.org/nginx:1.27', undefined],
    ['quay.io/a/b:latest', 'reference quay.io/a/b:latest'],
    ['a/b', undefined],
    ['localhost:5000/c:1', 'reference localhost:5000/c:1'],
    ['NGINX:1.27', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s: %s', (image, expected) => {
    const match = imageIndex(known).match(image);
    expect(match && `${match.matchedBy} ${match.name}`).toBe(expected);
  });

  test('facts that contradict each other are no facts', () => {
    const [first] = known;
    const index = imageIndex([
      ...known,
      { digests: [A], references: [], facts: FACTS },
      ...(first ? [first] : []),
    ]);
    expect(index.match(`nginx@${A}`)).toBeUndefined();
    expect(index.match('nginx:1.27')).toBeDefined();
  });
});

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['bitnami/nginx', 'docker.io/bitnami/nginx:latest'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['localhost/nginx', 'localhost/nginx:latest'],
  ['registry:5000/nginx', 'registry:5000/nginx:latest'],
  ['ghcr.io/a/b-c__d/e:V1.2_3', 'ghcr.io/a/b-c__d/e:V1.2_3'],
  ['[::1]:5000/a', '[::1]:5000/a:latest'],
  ['a//b', undefined],
  ['a:b:c', undefined],
  ['a:', undefined],
  ['/a', undefined],
  ['a/', undefined],
  ['a b', undefined],
  ['https://a/b', undefined],
  ['a'.repeat(LIMITS.imageLength), `docker.io/library/${'a'.repeat(LIMITS.imageLength)}:latest`],
  ['a'.repeat(LIMITS.imageLength + 1), undefined],
  ['f'.repeat(64), undefined],
])('the reference %s means %s', (text, expected) => {
  expect(parseImageReference(text)?.reference).toBe(expected);
});

test.each<[unknown, unknown]>([
  [{}, 'unset'],
  [{ env: [{ name: 'HOME', value: '/' }] }, 'unset'],
  [{ env: [{ name: 'PATH', value: '/a:/b' }] }, { value: '/a:/b' }],
  [{ env: [{ name: 'PATH' }] }, { value: '' }],
  [{ env: [{ name: 'PATH', value: '$(HOME)/bin' }] }, 'unknown'],
  [{ env: [{ name: 'PATH', valueFrom: { configMapKeyRef: {} } }] }, 'unknown'],
  [
    {
      env: [
        { name: 'PATH', value: '/a' },
        { name: 'PATH', value: '/b' },
      ],
    },
    'unknown',
  ],
  [{ env: { PATH: '/a' } }, 'unknown'],
  [{ envFrom: [{ secretRef: { name: 'x' } }] }, 'unknown'],
  [{ envFrom: [{ prefix: 'PA', secretRef: { name: 'x' } }] }, 'unknown'],
  [{ envFrom: [{ prefix: 'APP_', secretRef: { name: 'x' } }] }, 'unset'],
  [{ envFrom: [{ secretRef: { name: 'x' } }], env: [{ name: 'PATH', value: '/a' }] }, { value: '/a' }],
  [{ variables: { PATH: '/a', TOKEN: 'x' } }, { value: '/a' }],
  [{ variables: { PATH: '$(resources.x.path)' } }, 'unknown'],
  [{ variables: { PATH: '/a' }, env: [{ name: 'PATH', value: '/a' }] }, 'unknown'],
  [{ variables: [{ name: 'PATH', value: '/a' }] }, 'unknown'],
])('of its PATH a container %j says %j', (container, expected) => {
  expect(pathVariableOf(container)).toEqual(expected);
});
