import { overrideCategory } from '../../model/override.ts';
import type { Path } from '../../model/pointer.ts';
import type { DirectOverride } from '../../model/workload.ts';
import { entries, isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';

/** The types of volumes that the restricted level of the Pod Security Standards allows. */
const FREE_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** The overrides that the volumes of a pod ask for. `spec` is the pod's, and `at` its place. */
export function volumeAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  return entries(member(spec, 'volumes')).flatMap(([index, volume]) => {
    const place = [...at, 'volumes', index];
    // The API server makes an emptyDir of a volume without a type. A type that we do not know is one of a later version.
    const types = isMapping(volume)
      ? Object.keys(volume).filter((key) => key !== 'name' && volume[key] != null)
      : [];
    const [type, second] = types;
    if (second !== undefined)
      report.fault([...place, second], `The volume is of type ${type} already: a volume has one type.`);
    if (type === undefined || FREE_TYPES.includes(type) || type === 'hostPath') return [];
    const id = `volume:${type}`;
    if (overrideCategory(id) !== undefined) return [{ id, path: report.absolute([...place, type]) }];
    report.fault(
      [...place, type],
      'There is no such type of volumes: a type is named by letters and digits.',
    );
    return [];
  });
}
