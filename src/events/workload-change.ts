import type { Path } from '../compiler/model/pointer.ts';
import { type Container, securityPlace, type Workload } from '../compiler/model/workload.ts';
import type { Needed, SecurityField } from './remedies.ts';

/** Where an author changes a workload for a remedy, and what to write there. */
export interface WorkloadChange {
  /** The value that changes, or the mapping that gets a new member. */
  readonly path: Path;
  /** Whether the snippet becomes a member of the mapping at the path, replaces a member, or becomes an item of the list there. */
  readonly how: 'add' | 'replace' | 'append';
  /** YAML. */
  readonly snippet: string;
}

/** A container of a workload, and whether its document has a value at a path. */
export interface ChangedContainer {
  readonly workload: Workload;
  readonly container: Container;
  has(path: Path): boolean;
}

/** The changes to a container that a remedy needs, in the order in which an author makes them. */
export function changesFor(changed: ChangedContainer, needed: Needed): WorkloadChange[] {
  switch (needed.kind) {
    case 'allowed-binary':
      return [
        changed.workload.dialect === 'lattice'
          ? listedBinary(changed, needed.binary)
          : annotatedBinary(changed, needed.binary),
      ];
    case 'capability':
      return [addedCapability(changed, needed.capability)];
    case 'field':
      return [securityField(changed, needed.field, needed.value)];
    case 'mount':
      return mount(changed, needed.directory);
  }
}

function listedBinary(changed: ChangedContainer, binary: string): WorkloadChange {
  const { container } = changed;
  if (container.security.allowedBinaries === undefined)
    return inSecurityContext(changed, ['allowedBinaries:', `  - ${scalar(binary)}`]);
  return { path: securityPlace(container, 'allowedBinaries'), how: 'append', snippet: `- ${scalar(binary)}` };
}

/** The annotation that lists the binaries of all containers of a pod, or with a dot and a name those of one. */
const ANNOTATION = 'runtime.lattice.dev/allowed-binaries';

/** The most characters of an annotation that is written anew. */
const LONGEST_LIST = 4_096;

/** Containers stand in `spec/<group>/<index>` of their pod. */
const BELOW_POD = 3;

function annotatedBinary({ container, has }: ChangedContainer, binary: string): WorkloadChange {
  const key = `${ANNOTATION}.${container.name}`;
  const listed = container.security.allowedBinaries ?? [];
  const own = listed.filter((_, index) => container.places[`allowedBinaries/${index}`]?.at(-1) === key);
  const metadata = [...container.path.slice(0, -BELOW_POD), 'metadata'];
  const annotations = [...metadata, 'annotations'];
  const list = [...own, binary].join(',');
  const line = `${key}: ${scalar(list)}`;
  // The whole of a long list would make the answer long for each binary that is missing.
  if (list.length > LONGEST_LIST)
    return { path: [...annotations, key], how: 'append', snippet: `- ${scalar(binary)}` };
  if (has([...annotations, key])) return { path: [...annotations, key], how: 'replace', snippet: line };
  if (has(annotations)) return { path: annotations, how: 'add', snippet: line };
  return { path: metadata, how: 'add', snippet: `annotations:\n  ${line}` };
}

function addedCapability(changed: ChangedContainer, capability: string): WorkloadChange {
  const { container, has } = changed;
  const item = `- ${capability}`;
  const capabilities = securityPlace(container, 'capabilities');
  const list = securityPlace(container, 'capabilities', 'add');
  if (has(list)) return { path: list, how: 'append', snippet: item };
  if (has(capabilities)) return { path: capabilities, how: 'add', snippet: `add:\n  ${item}` };
  return inSecurityContext(changed, ['capabilities:', '  add:', `    ${item}`]);
}

/** Sets a field of the container's own context. A value of its pod stays for the other containers. */
function securityField(changed: ChangedContainer, field: SecurityField, value: boolean): WorkloadChange {
  const path = [...changed.container.securityPath, field];
  const line = `${field}: ${value}`;
  if (hasContext(changed.container) && changed.has(path)) return { path, how: 'replace', snippet: line };
  return inSecurityContext(changed, [line]);
}

function inSecurityContext({ container }: ChangedContainer, lines: readonly string[]): WorkloadChange {
  const { path, securityPath } = container;
  if (hasContext(container)) return { path: securityPath, how: 'add', snippet: lines.join('\n') };
  // The CRD of Lattice has containers under their names, and calls it so.
  const key = typeof path.at(-1) === 'string' ? 'security' : 'securityContext';
  return { path, how: 'add', snippet: [`${key}:`, ...lines.map((line) => `  ${line}`)].join('\n') };
}

function hasContext({ path, securityPath }: Container): boolean {
  return securityPath.length > path.length;
}

function mount({ workload, container, has }: ChangedContainer, directory: string): WorkloadChange[] {
  // How a Lattice container states a volume depends on the release of Lattice.
  if (workload.dialect === 'lattice') return [];
  const name = volumeName(directory);
  const inList = (path: Path, key: string, lines: readonly [string, string]): WorkloadChange => {
    const list = [...path, key];
    const [first, second] = lines;
    return has(list)
      ? { path: list, how: 'append', snippet: `- ${first}\n  ${second}` }
      : { path, how: 'add', snippet: `${key}:\n  - ${first}\n    ${second}` };
  };
  return [
    inList(container.path, 'volumeMounts', [`name: ${name}`, `mountPath: ${scalar(directory)}`]),
    inList(container.path.slice(0, -2), 'volumes', [`name: ${name}`, 'emptyDir: {}']),
  ];
}

/** The most characters of the name of a volume. */
const VOLUME_NAME = 63;

function volumeName(directory: string): string {
  const words = directory.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `writable${words}`.slice(0, VOLUME_NAME).replace(/-+$/, '');
}

/** A text as a scalar of YAML: plain where every reader takes it for a text. */
function scalar(text: string): string {
  return /^\/[\w./+@,-]*$/.test(text) ? text : JSON.stringify(text);
}
