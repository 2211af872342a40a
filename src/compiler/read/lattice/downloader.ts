import { canonicalHostPath } from '../../model/host-path.ts';
import type { Container, DirectOverride } from '../../model/workload.ts';
import { readContainer } from '../container-reader.ts';
import { member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { securityOf } from '../security-context.ts';
import type { ModelSource } from './document-schemas.ts';
import type { Located } from './unit.ts';

/** What Lattice's operator calls the container that it adds, and which image it takes where none is named. */
const NAME = 'model-downloader';
const IMAGE = 'ghcr.io/volcano-sh/downloader:latest';
const HOME = '/home/downloader';

const NODE = 'hostpath://';

/** The override that a model asks for whose files are kept in a directory of the node, which is made if it is absent. */
export function cacheAsks(report: Report, { at, from }: Located<ModelSource>): DirectOverride[] {
  const { cacheUri } = from;
  if (cacheUri == null || !cacheUri.startsWith(NODE)) return [];
  const place = [...at, 'cacheUri'];
  const written = cacheUri.slice(NODE.length);
  const found = canonicalHostPath(written, false);
  if ('path' in found)
    return [{ id: `hostPath:${found.path}`, path: report.absolute(place), readOnly: false }];
  report.fault(place, `The path ${JSON.stringify(written.slice(0, 200))} ${found.problem}.`);
  return [];
}

/**
 * The init container that Lattice's operator adds to each pod of a model with a `modelSource`, to download the model. It
 * has no command, so it runs the entrypoint of its image, and its root filesystem can be written to.
 */
export function downloader(report: Report, { at, from }: Located<ModelSource>): Container {
  const image = [...at, 'downloaderImage'];
  const directory = member(from, 'mountPath');
  const declared = {
    name: NAME,
    role: 'initContainer' as const,
    security: {
      allowedBinaries: undefined,
      ...securityOf({ runAsNonRoot: true, runAsUser: 65_534, allowPrivilegeEscalation: false }),
    },
    asks: [],
    securityPath: report.absolute(at),
    places: { image: report.absolute(from.downloaderImage == null ? at : image) },
  };
  const input = {
    image: from.downloaderImage ?? IMAGE,
    // The value of --output-dir is left out: it is a directory named after the model, and nothing reads it here.
    args: ['--source', from.uri ?? '', '--output-dir'],
    // The secret with the token may set any variable.
    envFrom: from.tokenSecret == null ? [] : [{}],
  };
  return {
    ...readContainer(report, declared, input, at),
    isAdded: true,
    writableMounts: [HOME, typeof directory === 'string' ? directory : '/models'],
  };
}
