import type { CompileOptions } from '../model/options.ts';
import { isOverriding, type Kprobe, type Manifest } from './tracing-policy.ts';

/**
 * The options of a policy: `policy-mode: monitor` has the agent pass over the actions, Override among
 * them. A hook with Override is attached by itself: a link over several functions cannot change what they
 * return.
 */
export function policyOptions(
  mode: CompileOptions['mode'],
  kprobes: readonly Kprobe[],
): Pick<Manifest['spec'], 'options'> {
  const options: NonNullable<Manifest['spec']['options']> = [];
  if (mode === 'monitor') options.push({ name: 'policy-mode', value: 'monitor' });
  if (kprobes.some(isOverriding)) options.push({ name: 'disable-kprobe-multi', value: '1' });
  return options.length === 0 ? {} : { options };
}

/** What a manifest says of how it is enforced. */
export function enforcementAnnotations(
  mode: CompileOptions['mode'],
  kprobes: readonly Kprobe[],
): Record<string, string> {
  return {
    'lattice.dev/mode': mode,
    'lattice.dev/action': kprobes.some(isOverriding) ? 'deny' : 'kill',
  };
}
