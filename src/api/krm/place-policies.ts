import type { Manifest } from '../../compiler/emit/tracing-policy.ts';
import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import type { Position } from '../../compiler/read/documents/source-document.ts';
import { invalidRequest } from '../../http/problems.ts';
import { canonicalJson } from '../../policy-sets/canonical.ts';
import { isOurs, objectOf } from './package-object.ts';
import type { EditedItem } from './resource-list-yaml.ts';

function keyOf({
  kind,
  metadata,
}: {
  kind: string;
  metadata: { name?: string | undefined; namespace?: string | null | undefined };
}): string {
  return `${kind}\n${metadata.namespace ?? ''}\n${metadata.name ?? ''}`;
}

/** Adds policies to the items. Policies of an earlier run are replaced at their place, or removed. */
export function placePolicies(
  items: readonly unknown[],
  manifests: readonly Manifest[],
  locate: (path: Path) => Position | undefined,
): EditedItem[] {
  refuseClashes(items, manifests, locate);
  const wanted = new Map(manifests.map((manifest) => [keyOf(manifest), manifest]));
  const edited = items.flatMap((item, index): EditedItem[] => {
    const object = isOurs(item) ? objectOf(item) : undefined;
    if (object === undefined) return [{ kept: index }];
    const manifest = wanted.get(keyOf(object));
    // A second policy of the same name is removed too.
    wanted.delete(keyOf(object));
    if (manifest === undefined) return [];
    const added = withToolAnnotations(manifest, object.metadata.annotations ?? {});
    return [canonicalJson(added) === canonicalJson(item) ? { kept: index } : { added }];
  });
  return [...edited, ...[...wanted.values()].map((added) => ({ added }))];
}

/** Refuses an item of another author that has the name of a compiled policy. @throws Problem `invalid-request` */
function refuseClashes(
  items: readonly unknown[],
  manifests: readonly Manifest[],
  locate: (path: Path) => Position | undefined,
): void {
  const faults = items.flatMap((item, index) => {
    const { apiVersion, kind, metadata } = objectOf(item) ?? {};
    if (apiVersion?.startsWith('cilium.io/') !== true || isOurs(item)) return [];
    const clashes = manifests.some(
      (manifest) =>
        manifest.kind === kind &&
        manifest.metadata.name === metadata?.name &&
        (manifest.kind === 'TracingPolicy' ||
          manifest.metadata.namespace === (metadata.namespace || manifest.metadata.namespace)),
    );
    const path = ['items', index, 'metadata', 'name'];
    const message = `This ${kind} has the name of a policy that this run adds, and would take its place. Give it another name.`;
    return clashes ? [{ message, document: 0, pointer: toPointer(path), ...locate(path) }] : [];
  });
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Keeps the annotations by which tools know the file of an object. Without them the object would move to another file. */
function withToolAnnotations(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  const kept = Object.entries(annotations).filter(([key]) =>
    /^(internal\.)?config\.(k8s|kubernetes)\.io\//.test(key),
  );
  const merged = { annotations: { ...Object.fromEntries(kept), ...manifest.metadata.annotations } };
  return manifest.kind === 'TracingPolicy'
    ? { ...manifest, metadata: { ...manifest.metadata, ...merged } }
    : { ...manifest, metadata: { ...manifest.metadata, ...merged } };
}
