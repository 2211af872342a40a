import { type Schema, Validator } from '@cfworker/json-schema';
import { expect, inject } from 'vitest';
import { z } from 'zod';
import type { Kprobe } from '../../src/compiler/emit/kprobe.ts';
import { type Manifest, ManifestSchema } from '../../src/compiler/emit/tracing-policy.ts';

const crd = inject('tetragonSpecSchema');
const validator = crd === null ? undefined : new Validator(closed(crd), '2019-09', true);

/**
 * Every manifest a test comes by goes through here: it must fit our own output schema, and Tetragon's
 * CRD where that is at hand, with unknown fields refused.
 */
export function checkManifests(manifests: readonly unknown[]): Manifest[] {
  return manifests.map((manifest) => {
    const checked = ManifestSchema.safeParse(manifest);
    expect(checked.error?.issues ?? []).toEqual([]);
    const parsed = ManifestSchema.parse(manifest);
    if (validator !== undefined) {
      const { errors } = validator.validate(parsed.spec);
      expect(errors).toEqual([]);
    }
    return parsed;
  });
}

/** Makes a Kubernetes structural schema refuse unknown fields, as `kubectl --validate=strict` does. */
function closed(schema: unknown): Schema {
  return z.record(z.string(), z.unknown()).parse(close(schema));
}

function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    .filter(
      ([key, value]) =>
        !(key === 'description' && typeof value === 'string') && !key.startsWith('x-kubernetes'),
    )
    .map(([key, value]): [string, unknown] => [key, close(value)]);
  const result = Object.fromEntries(entries);
  return 'properties' in result && !('additionalProperties' in result)
    ? { ...result, additionalProperties: false }
    : result;
}

/** All kprobes of some manifests. */
export function kprobes(manifests: readonly Manifest[]): Kprobe[] {
  return manifests.flatMap(({ spec }) => spec.kprobes);
}

/** The allowlist that some manifests enforce, sorted; null when they have none. */
export function allowlistOf(manifests: readonly Manifest[]): string[] | null {
  const hook = kprobes(manifests).find(({ call }) => call === 'security_bprm_check');
  return hook === undefined ? null : [...(hook.selectors[1]?.matchArgs?.[0]?.values ?? [])].sort();
}

/** The mask of capabilities that some manifests block; undefined when they block none. */
export function capsetMask(manifests: readonly Manifest[]): string | undefined {
  return kprobes(manifests).find(({ call }) => call === 'security_capset')?.selectors[0]?.matchArgs?.[0]
    ?.values[0];
}

/** What nearly every compilation tells: how its policies were named before, and what killing leaves. */
const ROUTINE = ['PolicyRenamed', 'KillLeavesEffects'];

/** Notices but for those that nearly every compilation has. */
export function told<T extends { readonly code: string }>(notices: readonly T[]): T[] {
  return notices.filter(({ code }) => !ROUTINE.includes(code));
}
