import type { CompileOptions } from '../model/options.ts';
import { isOverriding, type Kprobe } from './kprobe.ts';
import type { Manifest } from './tracing-policy.ts';

/**
 * The options of a Tetragon policy. With `policy-mode: monitor` the agent takes no action, not even Override. With
 * `disable-kprobe-multi` each hook is attached by a link of its own, which Override needs: a link over several functions
 * cannot change what they return.
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

/** The annotations of a manifest that say how it is enforced: `lattice.dev/mode` and `lattice.dev/action`. */
export function enforcementAnnotations(
  mode: CompileOptions['mode'],
  kprobes: readonly Kprobe[],
): Record<string, string> {
  return {
    'lattice.dev/mode': mode,
    'lattice.dev/action': kprobes.some(isOverriding) ? 'deny' : 'kill',
  };
}
