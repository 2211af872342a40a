import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { codesOf, read, tableOf } from './pages.ts';

describe('docs/manifests.md', () => {
  const golden = readdirSync('test/golden').map((name) => `test/golden/${name}`);
  const HookSchema = z.looseObject({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({ kprobes: z.array(z.looseObject({ call: z.string(), tags: z.array(z.string()) })) }),
  });
  const hooks = golden
    .flatMap((file) => parseAllDocuments(read(file)).map((document) => HookSchema.parse(document.toJS())))
    .flatMap(({ metadata, spec }) =>
      spec.kprobes.map(({ call, tags }) => ({ name: metadata.name, call, tags })),
    );

  test.each(['allow-binaries', 'block-rootfs-write', 'block-setuid', 'block-capset'])(
    'has every hook of %s',
    (policy) => {
      let current = '';
      const shown = tableOf('docs/manifests.md', 'The policies').flatMap(([name, calls]) => {
        current = codesOf(name)[0] ?? current;
        return current === policy ? codesOf(calls) : [];
      });
      const emitted = hooks.filter(({ tags }) => tags.includes(policy)).map(({ call }) => call);
      expect(new Set(shown.filter((call) => call.includes('_')))).toEqual(new Set(emitted));
    },
  );

  test('has every hook of the baseline', () => {
    const shown = tableOf('docs/manifests.md', 'The policies').flatMap(([, calls]) => codesOf(calls));
    const emitted = hooks.filter(({ name }) => name === 'lattice-baseline-runtime').map(({ call }) => call);
    expect(emitted.length).toBeGreaterThan(10);
    expect(shown).toEqual(expect.arrayContaining(emitted));
  });
});
