import { Document, isPair, isScalar, Scalar, visit } from 'yaml';
import type { Manifest } from '../compiler/tracing-policy.ts';

/**
 * Writes manifests as YAML documents. kubectl reads YAML 1.1, where `on` is true and `1:30` a number, so
 * every string that is not plainly a name or a path is quoted, and what YAML 1.1 takes for a line break
 * is escaped.
 */
export function toYaml(manifests: readonly Manifest[]): string {
  if (manifests.length === 0) return '# No policy is needed.\n';
  return manifests.map((manifest) => `---\n${writeDocument(manifest)}`).join('');
}

const PLAIN = /^[A-Za-z/][A-Za-z0-9/_.-]*[A-Za-z0-9]$/;
const YAML_1_1_WORD = /^(y|n|yes|no|on|off|true|false|null)$/i;
// C1 controls, NEL, line and paragraph separators and the byte order mark; C0 is escaped by the library.
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/** The longest mapping or list that still reads well on one line, in characters of JSON. */
const ONE_LINE = 96;

function writeDocument(manifest: Manifest): string {
  const document = new Document(manifest, { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.type =
        PLAIN.test(node.value) && !YAML_1_1_WORD.test(node.value) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
    },
    // Hooks read best as in Tetragon's own examples: one argument, one condition on a line.
    Collection: (_, node, path) => {
      const insideKprobe = path.some(
        (parent) => isPair(parent) && isScalar(parent.key) && parent.key.value === 'kprobes',
      );
      if (insideKprobe && JSON.stringify(node).length <= ONE_LINE) node.flow = true;
    },
  });
  return document
    .toString({ lineWidth: 0, flowCollectionPadding: false })
    .replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
