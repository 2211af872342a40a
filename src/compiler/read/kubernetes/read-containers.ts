import { isSamePath, type Path } from '../../model/pointer.ts';
import type { Container } from '../../model/workload.ts';
import { checkContainers, readContainer } from '../container-reader.ts';
import { noteUndropped } from '../dropped-capabilities.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { securityOf } from '../security-context.ts';
import {
  type AnnotatedBinary,
  checkPodAnnotations,
  readAllowedBinaries,
  readAppArmorAnnotation,
} from './annotations.ts';
import { portAsks, securityContextAsks } from './pod-asks.ts';
import { CONTAINER_GROUPS, type ContainerGroup, type NativeContainer } from './pod-spec.ts';
import type { Pods } from './pods.ts';
import { isWindowsPod } from './windows.ts';

/** Reads the containers of pods, with what annotations of the pods say of them. */
export function readContainers(report: Report, pods: Pods): Container[] {
  const { metadata, spec, at } = pods;
  const podAt = [...at, 'spec'];
  // The paths of Windows are not those of Linux, and no policy is made of them.
  const binariesOf = isWindowsPod(spec)
    ? (): undefined => undefined
    : readAllowedBinaries(report, metadata, at);
  const containers = CONTAINER_GROUPS.flatMap((group) =>
    (spec[group] ?? []).map((container, index) =>
      readNativeContainer(report, pods, container, {
        role: roleOf(group, container),
        at: [...podAt, group, index],
        binaries: binariesOf(container.name),
      }),
    ),
  );
  checkContainers(report, containers, podAt);
  const names = containers.map(({ name }) => name);
  checkPodAnnotations(report, metadata, at, names);
  return containers;
}

/** The fields of a pod's security context that a container inherits where it does not set them itself. */
const INHERITED = ['runAsNonRoot', 'runAsUser', 'runAsGroup', 'seccompProfile', 'appArmorProfile'] as const;

/** What a container is besides what it says itself. */
interface Setting {
  readonly role: Container['role'];
  readonly at: Path;
  /** The binaries that annotations allow it. */
  readonly binaries: readonly AnnotatedBinary[] | undefined;
}

function readNativeContainer(
  report: Report,
  { metadata, spec, at: template }: Pods,
  input: NativeContainer,
  { role, at, binaries }: Setting,
): Container {
  const own = input.securityContext ?? {};
  const pod = spec.securityContext ?? {};
  const inherited = INHERITED.filter((field) => own[field] == null && pod[field] != null);
  const podAt = [...template, 'spec'];
  const podPath = report.absolute([...podAt, 'securityContext']);
  const securityPath = report.absolute(input.securityContext == null ? at : [...at, 'securityContext']);
  noteUndropped(
    report,
    [...at, 'securityContext', 'capabilities', 'drop'],
    input.name,
    own.capabilities?.drop,
  );
  const appArmor = readAppArmorAnnotation(report, metadata, template, input.name, own.appArmorProfile?.type);
  const declared = {
    name: input.name,
    role,
    security: {
      allowedBinaries: binaries?.map(({ binary }) => binary),
      ...securityOf({
        ...own,
        ...Object.fromEntries(inherited.map((field) => [field, pod[field]])),
        ...(appArmor === undefined ? {} : { appArmorProfile: { type: appArmor.type } }),
      }),
    },
    asks: [
      ...(role === 'ephemeralContainer' ? [{ id: role, path: report.absolute(at) }] : []),
      ...portAsks(report, spec, input, at),
      ...securityContextAsks({ value: own, path: securityPath }, { value: pod, path: podPath }),
    ],
    securityPath,
    places: {
      ...placesElsewhere(report, own, [...at, 'securityContext']),
      ...Object.fromEntries(inherited.map((field) => [field, [...podPath, field]])),
      ...(appArmor === undefined ? {} : { 'appArmorProfile/type': appArmor.path }),
      ...Object.fromEntries((binaries ?? []).map(({ path }, index) => [`allowedBinaries/${index}`, path])),
    },
  };
  return readContainer(report, declared, input, at);
}

/** Where fields of a security context stand that was put together of several ones. */
function placesElsewhere(report: Report, context: object, at: Path): Record<string, Path> {
  const whole = report.absolute(at);
  const capabilities = member(context, 'capabilities');
  const fields: Path[] = [
    ...Object.keys(context).map((field) => [field]),
    ...entries(member(capabilities, 'add')).map(([index]) => ['capabilities', 'add', index]),
    ...(capabilities == null ? [] : [['capabilities', 'drop']]),
  ];
  return Object.fromEntries(
    fields.flatMap((field) => {
      const place = report.absolute([...at, ...field]);
      return isSamePath(place, [...whole, ...field]) ? [] : [[field.join('/'), place]];
    }),
  );
}

function roleOf(group: ContainerGroup, { restartPolicy }: NativeContainer): Container['role'] {
  if (group === 'containers') return 'container';
  if (group === 'ephemeralContainers') return 'ephemeralContainer';
  return restartPolicy === 'Always' ? 'sidecar' : 'initContainer';
}
