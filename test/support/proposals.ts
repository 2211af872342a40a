import { parseDocuments, readWorkloads } from '../../src/compiler/index.ts';
import type { Syntax } from '../../src/compiler/read/documents.ts';
import type { AllowlistProposal, WorkloadBody } from '../../src/learn/patch/proposal.ts';

/** Lists of binaries by `<workload>/<container>`, or by the container alone. */
export type Lists = Readonly<Record<string, readonly string[]>>;

/** A body of workloads, and what is proposed for some of their containers. */
export interface Proposed {
  readonly body: WorkloadBody;
  readonly proposals: readonly AllowlistProposal[];
}

/** Reads a text, and proposes lists for its containers. */
export function propose(text: string, lists: Lists, syntax: Syntax = 'sniff'): Proposed {
  const options = { namespace: 'shop' };
  const parsed = parseDocuments(text, syntax);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const read = readWorkloads(parsed.documents, options);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const proposals = read.workloads.flatMap((workload) =>
    workload.containers.flatMap((container) => {
      const list = lists[`${workload.name}/${container.name}`] ?? lists[container.name];
      return list === undefined ? [] : [{ workload, container, allowedBinaries: list }];
    }),
  );
  return { body: { text, syntax: parsed.syntax, documents: parsed.documents, options }, proposals };
}

/** The list that each container of a text has, by `<workload>/<container>`. */
export function listsOf(text: string): Record<string, readonly string[] | undefined> {
  const { body } = propose(text, {});
  const read = readWorkloads(body.documents, body.options);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return Object.fromEntries(
    read.workloads.flatMap((workload) =>
      workload.containers.map(({ name, security }) => [`${workload.name}/${name}`, security.allowedBinaries]),
    ),
  );
}
