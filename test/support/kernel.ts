import type { Manifest } from '../../src/compiler/index.ts';

/** What the kernel is asked to run in a container. */
export interface Exec {
  /** The path as it was passed to execve. */
  readonly requested: string;
  /** The files that are loaded for it, after symbolic links: of a script, also its interpreter. */
  readonly files: readonly string[];
  /** How many names the file has: 0 for a memfd or a deleted file. */
  readonly links: number;
}

/**
 * Whether the kernel would kill a process for what it runs in a container, by the selectors of allow-binaries as they are
 * emitted: of each file that is loaded, the first selector that matches decides.
 */
export function kills(manifests: readonly Manifest[], container: string, exec: Exec): boolean {
  return manifests
    .filter(({ spec }) => appliesTo(spec, container))
    .flatMap(({ spec }) => spec.kprobes ?? [])
    .filter(({ call }) => call === 'security_bprm_check')
    .some((hook) => exec.files.some((file) => decision(hook.selectors ?? [], file, exec) === 'Sigkill'));
}

function appliesTo({ containerSelector }: Manifest['spec'], container: string): boolean {
  const expressions = containerSelector?.matchExpressions ?? [];
  return expressions.every((each) => 'values' in each && each.values.includes(container));
}

type Selector = NonNullable<NonNullable<Manifest['spec']['kprobes']>[number]['selectors']>[number];

function decision(selectors: readonly Selector[], file: string, exec: Exec): string | undefined {
  const args = [file, exec.requested, String(exec.links)];
  const first = selectors.find(({ matchArgs = [] }) =>
    matchArgs.every(({ args: positions, operator, values }) => {
      if (operator !== 'Equal') throw new Error(`not simulated: ${operator}`);
      return values.includes(args[positions[0] ?? 0] ?? '');
    }),
  );
  return first?.matchActions[0]?.action;
}
