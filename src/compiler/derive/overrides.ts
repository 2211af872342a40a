import { compareText } from '../model/ordered.ts';
import { overrideCategory, POD_OVERRIDES, type SecurityOverride } from '../model/override.ts';
import type { Path } from '../model/pointer.ts';
import { type Container, type DirectOverride, securityPlace, type Workload } from '../model/workload.ts';
import { containerBinaries } from './binaries.ts';
import type { BinaryRequest } from './container-binaries.ts';
import { retainedCapabilities } from './posture.ts';
import { unsetOverrides } from './unset-overrides.ts';

/** The settings of a policy set that add overrides to those of the specification. */
export interface OverrideSettings {
  /** Whether each entrypoint that was found in a command, probe or hook needs a permit too. */
  readonly authorizeEntrypoints: boolean;
  /** Whether fields that are left out, and whose defaults are insecure, need a permit too. Left out, they do not. */
  readonly authorizeUnset?: boolean | undefined;
}

/**
 * Every override that a workload asks for (specification, "SecurityOverrideRequest"). Each id occurs once for each
 * container, and the list is sorted by id and container.
 *
 * @throws RangeError when a reader asks for an override that does not exist, because dropping it would leave it unjudged.
 *
 * @example
 * const value = {
 *   apiVersion: 'v1',
 *   kind: 'Pod',
 *   metadata: { name: 'web', namespace: 'shop' },
 *   spec: { hostPID: true, containers: [{ name: 'web', command: ['/bin/web'] }] },
 * };
 * const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
 * const workload = read.ok ? read.workloads[0] : undefined;
 * securityOverrides(workload, { authorizeEntrypoints: true }).map(({ id }) => id); // => ['allowedBinary:/bin/web', 'hostPID']
 */
export function securityOverrides(workload: Workload, settings: OverrideSettings): SecurityOverride[] {
  // Tetragon is not on Windows, and of an unknown kind no container is known. The binaries of all others are asked for.
  const { binaries } =
    workload.unenforced === undefined || workload.unenforced === 'elsewhere'
      ? containerBinaries(workload)
      : { binaries: [] };
  const overrides = [
    ...binaries.flatMap(({ container, declared, entrypoints, implicitWildcard }) => [
      ...declared.map((request) => binaryOverride(container, request, false)),
      ...(implicitWildcard === undefined
        ? []
        : [binaryOverride(container, { binary: '*', path: implicitWildcard }, true)]),
      ...(settings.authorizeEntrypoints
        ? entrypoints.map((request) => binaryOverride(container, request, true))
        : []),
    ]),
    ...workload.containers.flatMap(containerOverrides),
    ...workload.pod.flatMap(({ name, value, path }): SecurityOverride[] =>
      value && POD_OVERRIDES.includes(name)
        ? [{ id: name, category: 'pod', container: undefined, image: undefined, implicit: false, path }]
        : [],
    ),
    ...workload.asks.flatMap((asked) => directOverride(asked, undefined)),
    // What is spelt out comes first, so that it is not taken for what is left out.
    ...(settings.authorizeUnset === true ? unsetOverrides(workload) : []),
  ];
  const distinct = new Map<string, SecurityOverride>();
  for (const override of overrides) {
    const key = `${override.container ?? ''}\n${override.id}`;
    if (!distinct.has(key)) distinct.set(key, override);
  }
  return [...distinct.values()].sort(
    (a, b) => compareText(a.id, b.id) || compareText(a.container ?? '', b.container ?? ''),
  );
}

function binaryOverride(
  container: Container,
  { binary, path }: BinaryRequest,
  implicit: boolean,
): SecurityOverride {
  return {
    id: `allowedBinary:${binary}`,
    category: 'binary',
    container: container.name,
    image: container.image,
    implicit,
    path,
  };
}

function directOverride(
  { id, path, implicit = false, readOnly }: DirectOverride,
  container: Container | undefined,
): SecurityOverride[] {
  const category = overrideCategory(id);
  if (category === undefined) throw new RangeError(`There is no override ${id}.`);
  return [{ id, category, container: container?.name, image: container?.image, implicit, readOnly, path }];
}

function containerOverrides(container: Container): SecurityOverride[] {
  const { security, name, image } = container;
  const ask = (
    category: SecurityOverride['category'],
    id: string,
    field: string,
    ...steps: Path
  ): SecurityOverride => ({
    id,
    category,
    container: name,
    image,
    implicit: false,
    path: securityPlace(container, field, ...steps),
  });
  const overrides: SecurityOverride[] = [];
  security.capabilitiesAdd.forEach((capability, index) => {
    overrides.push(ask('capability', `capability:${capability}`, 'capabilities', 'add', index));
  });
  // A privileged container has every capability, whatever it drops. The override `privileged` covers that.
  if (security.capabilitiesDrop !== undefined && !security.privileged) {
    for (const capability of retainedCapabilities(security.capabilitiesDrop)) {
      overrides.push(ask('capability', `capability:${capability}`, 'capabilities', 'drop'));
    }
  }
  if (security.privileged) overrides.push(ask('container', 'privileged', 'privileged'));
  if (security.allowPrivilegeEscalation === true)
    overrides.push(ask('container', 'allowPrivilegeEscalation', 'allowPrivilegeEscalation'));
  if (security.runAsNonRoot === false) overrides.push(ask('container', 'runAsRoot', 'runAsNonRoot'));
  if (security.runAsUser === 0) overrides.push(ask('container', 'runAsRoot', 'runAsUser'));
  if (security.runAsGroup === 0) overrides.push(ask('container', 'runAsRootGroup', 'runAsGroup'));
  if (security.readOnlyRootFilesystem === false)
    overrides.push(ask('container', 'readWriteRootFilesystem', 'readOnlyRootFilesystem'));
  for (const [prefix, type, field] of [
    ['seccomp', security.seccompProfile, 'seccompProfile'],
    ['apparmor', security.appArmorProfile, 'appArmorProfile'],
  ] as const) {
    if (type === 'Unconfined' || type === 'Localhost')
      overrides.push(ask('profile', `${prefix}:${type}`, field, 'type'));
  }
  return [...overrides, ...container.asks.flatMap((asked) => directOverride(asked, container))];
}
