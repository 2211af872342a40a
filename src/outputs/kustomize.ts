import { Document, isScalar, Scalar, visit } from 'yaml';
import type { LabelPatch } from '../compiler/emit/label-patch.ts';
import { scalarType } from '../compiler/emit/yaml-scalars.ts';

/** Writes a Kustomize component that adds labels to pod templates. An overlay lists it under `components`. */
export function kustomizeComponent(patches: readonly LabelPatch[]): string {
  const document = new Document({
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    patches: patches.map(({ target: { apiVersion, kind, name, namespace }, merge, jsonPatch }) => {
      const [version, group] = apiVersion.split('/').reverse();
      return {
        // Kustomize reads the name as an anchored regular expression.
        target: {
          ...(group === undefined ? {} : { group }),
          version,
          kind,
          name: name.replaceAll('.', '\\.'),
          namespace,
        },
        patch: writePatch(merge ?? jsonPatch),
      };
    }),
  });
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!(value instanceof Scalar) || !(key instanceof Scalar)) return;
      // YAML 1.1 readers take some plain words, such as `on`, for other values than strings.
      value.type = key.value === 'patch' ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

function writePatch(patch: NonNullable<LabelPatch['merge']> | LabelPatch['jsonPatch']): string {
  const document = new Document(patch);
  visit(document, {
    Pair: (_, { key, value }) => {
      if (isScalar(key)) key.type = scalarType(String(key.value));
      if (isScalar(value) && typeof value.value === 'string') value.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}
