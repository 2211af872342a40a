import type { PolicyTerms } from '../../cedar/slicing/policy-terms.ts';
import type { GateFault } from '../../policy-sets/gate-fault.ts';
import { readCedarText } from '../../policy-sets/read-policies.ts';
import { type FolderFault, lineAt, readUtf8 } from './folder-fault.ts';

/** Where a policy stands. */
export interface PolicyPlace {
  readonly file: string;
  /** The text of the file. */
  readonly text: string;
  /** Where the policy begins in it, in UTF-16 code units from 0. */
  readonly offset: number;
}

/** The policies of some files, by their ids. */
export interface CedarFiles {
  readonly policies: Readonly<Record<string, string>>;
  /** What is known of when each policy applies. */
  readonly terms: ReadonlyMap<string, PolicyTerms>;
  readonly places: ReadonlyMap<string, PolicyPlace>;
  readonly faults: readonly FolderFault[];
}

/** Reads the policies of some files. An id that two of them use is a fault of the later one. */
export function readCedarFiles(files: readonly string[]): CedarFiles {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const places = new Map<string, PolicyPlace>();
  const faults: FolderFault[] = [];
  for (const file of files) {
    const { text, faults: unreadable } = readUtf8(file);
    const read = readCedarText(text);
    faults.push(...unreadable);
    for (const fault of read.faults)
      faults.push({ line: lineAt(file, text, fault.textOffset, fault), fault });
    for (const [id, policy] of Object.entries(read.policies)) {
      const offset = read.offsets.get(id) ?? 0;
      const other = places.get(id);
      if (other !== undefined) {
        const fault = usedTwice(id, other.file);
        faults.push({ line: lineAt(file, text, offset, fault), fault });
        continue;
      }
      policies[id] = policy;
      places.set(id, { file, text, offset });
      const known = read.terms.get(id);
      if (known !== undefined) terms.set(id, known);
    }
  }
  return { policies, terms, places, faults };
}

function usedTwice(id: string, other: string): GateFault {
  const message = `The @id ${JSON.stringify(id)} is used in ${other} too.`;
  return { gate: 'id', message, path: ['policies', id], policy: id };
}
