import { Document, isCollection, isPair, isScalar } from 'yaml';
import { ONE_LINE } from './document-yaml.ts';
import type { Manifest } from './tracing-policy.ts';
import { scalarType } from './yaml-scalars.ts';

/**
 * Writes a manifest as a YAML document with the general writer of the library `yaml`, whatever its strings hold. It takes
 * many times as long as {@link DocumentWriter}, which writes the same.
 *
 * @example
 * const podSelector = { matchLabels: { app: '1\n2' } };
 * const metadata = { name: 'web', labels: {} };
 * const manifest = { apiVersion: 'cilium.io/v1alpha1', kind: 'TracingPolicy', metadata, spec: { podSelector, kprobes: [] } };
 * anyDocumentYaml(manifest).split('\n')[8]; // => '      app: "1\\n2"'
 */
export function anyDocumentYaml(manifest: Manifest): string {
  const document = new Document(manifest, { version: '1.2', aliasDuplicateObjects: false });
  setStyle(document.contents, manifest, false);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/**
 * Sets how a node is written. Each argument and each condition of a hook is on one line, as in the examples of Tetragon.
 *
 * @param value What the node is made of. To make it of the node again would take longer than all else.
 */
function setStyle(node: unknown, value: unknown, insideHooks: boolean): void {
  if (isScalar(node) && typeof node.value === 'string') node.type = scalarType(node.value);
  if (!isCollection(node)) return;
  if (insideHooks && JSON.stringify(value).length <= ONE_LINE) node.flow = true;
  for (const [index, item] of node.items.entries()) {
    if (!isPair(item)) setStyle(item, memberOf(value, index), insideHooks);
    else {
      setStyle(item.key, undefined, insideHooks);
      const key = isScalar(item.key) ? String(item.key.value) : '';
      setStyle(item.value, memberOf(value, key), insideHooks || key === 'kprobes');
    }
  }
}

function memberOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
