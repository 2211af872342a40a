import type { Path } from '../compiler/model/pointer.ts';
import { type Container, securityPlace, type Workload } from '../compiler/model/workload.ts';
import type { Needed, SecurityField } from './remedies.ts';

/** Where an author changes a workload for a remedy, and what to write there. */
export interface WorkloadChange {
  /** The value that changes, or the mapping that gets a new member. */
  readonly path: Path;
  /** Whether the snippet becomes a member of what is at the path, replaces it, or becomes an item of the list there. */
  readonly how: 'add' | 'replace' | 'append';
  /** YAML. */
  readonly snippet: string;
}

/** The changes to a container of a workload that a remedy needs, in the order in which an author makes them. */
export function changesFor(workload: Workload, container: Container, needed: Needed): WorkloadChange[] {
  switch (needed.kind) {
    case 'allowed-binary':
      return [
        workload.dialect === 'lattice'
          ? listedBinary(container, needed.binary)
          : annotatedBinary(container, needed.binary),
      ];
    case 'capability':
      return [addedCapability(container, needed.capability)];
    case 'field':
      return [securityField(container, needed.field, needed.value)];
    case 'mount':
      return mount(workload, container, needed.directory);
  }
}

function listedBinary(container: Container, binary: string): WorkloadChange {
  if (container.security.allowedBinaries === undefined)
    return inSecurityContext(container, ['allowedBinaries:', `  - ${scalar(binary)}`]);
  return { path: securityPlace(container, 'allowedBinaries'), how: 'append', snippet: `- ${scalar(binary)}` };
}

/** The annotation that lists the binaries of all containers of a pod, or with a dot and a name those of one. */
const ANNOTATION = 'runtime.lattice.dev/allowed-binaries';

/** Containers stand in `spec/<group>/<index>` of their pod. */
const BELOW_POD = 3;

function annotatedBinary(container: Container, binary: string): WorkloadChange {
  const key = `${ANNOTATION}.${container.name}`;
  const listed = container.security.allowedBinaries ?? [];
  const own = listed.filter((_, index) => container.places[`allowedBinaries/${index}`]?.at(-1) === key);
  const [first] = own;
  const pod = container.path.slice(0, -BELOW_POD);
  const line = `${key}: ${scalar([...own, binary].join(','))}`;
  if (first !== undefined) {
    return { path: [...pod, 'metadata', 'annotations', key], how: 'replace', snippet: line };
  }
  const hasAnnotations = listed.length > 0;
  return hasAnnotations
    ? { path: [...pod, 'metadata', 'annotations'], how: 'add', snippet: line }
    : { path: [...pod, 'metadata'], how: 'add', snippet: `annotations:\n  ${line}` };
}

function addedCapability(container: Container, capability: string): WorkloadChange {
  const isListSpelling = container.securityPath.at(-1) === 'security';
  if (container.security.capabilitiesAdd.length > 0) {
    const path = securityPlace(container, 'capabilities', ...(isListSpelling ? [] : ['add']));
    return { path, how: 'append', snippet: `- ${capability}` };
  }
  if (isListSpelling) return inSecurityContext(container, ['capabilities:', `  - ${capability}`]);
  if (container.security.capabilitiesDrop !== undefined)
    return {
      path: securityPlace(container, 'capabilities'),
      how: 'add',
      snippet: `add:\n  - ${capability}`,
    };
  return inSecurityContext(container, ['capabilities:', '  add:', `    - ${capability}`]);
}

function securityField(container: Container, field: SecurityField, value: boolean): WorkloadChange {
  const { places, security, securityPath } = container;
  // A value of the pod stays for its other containers, and the container gets one of its own.
  const isOwn = security[field] !== undefined && places[field] === undefined && hasContext(container);
  const line = `${field}: ${value}`;
  if (isOwn && (field !== 'allowPrivilegeEscalation' || security[field] === true))
    return { path: [...securityPath, field], how: 'replace', snippet: line };
  return inSecurityContext(container, [line]);
}

function hasContext({ path, securityPath }: Container): boolean {
  return securityPath.length > path.length;
}

function inSecurityContext(container: Container, lines: readonly string[]): WorkloadChange {
  const { path, securityPath } = container;
  if (hasContext(container)) return { path: securityPath, how: 'add', snippet: lines.join('\n') };
  return { path, how: 'add', snippet: ['securityContext:', ...lines.map((line) => `  ${line}`)].join('\n') };
}

function mount({ dialect }: Workload, { path }: Container, directory: string): WorkloadChange[] {
  if (dialect === 'lattice') return [{ path, how: 'add', snippet: `volumes:\n  ${scalar(directory)}: {}` }];
  const name = volumeName(directory);
  return [
    { path, how: 'add', snippet: `volumeMounts:\n  - name: ${name}\n    mountPath: ${scalar(directory)}` },
    { path: path.slice(0, -2), how: 'add', snippet: `volumes:\n  - name: ${name}\n    emptyDir: {}` },
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
