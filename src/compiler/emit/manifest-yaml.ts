import { Document, isPair, isScalar, visit } from 'yaml';
import type { Manifest } from './tracing-policy.ts';
import { scalarType } from './yaml-scalars.ts';

/**
 * Writes manifests as YAML documents. kubectl reads YAML 1.1, where `on` is true and `1:30` a number, so
 * every key and string that is not plainly a name or a path is quoted. Comments stand before the first.
 *
 * @example
 * manifestYaml([], ['The service needs no policy.']); // => '# The service needs no policy.\n# No policy is needed.\n'
 */
export function manifestYaml(manifests: readonly Manifest[], comments: readonly string[] = []): string {
  return (
    yamlComments([...comments, ...(manifests.length === 0 ? ['No policy is needed.'] : [])]) +
    manifests.map((manifest) => `---\n${writeDocument(manifest)}`).join('')
  );
}

/** Writes lines that readers of YAML pass over. */
export function yamlComments(lines: readonly string[]): string {
  return lines.map((line) => `# ${printable(line)}\n`).join('');
}

/** Keeps a comment on its line, whatever the reader takes for a line break. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The longest mapping or list that still reads well on one line, in characters of JSON. */
const ONE_LINE = 96;

function writeDocument(manifest: Manifest): string {
  const document = new Document(manifest, { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.type = scalarType(node.value);
    },
    // Hooks read best as in Tetragon's own examples: one argument, one condition on a line.
    Collection: (_, node, path) => {
      const insideKprobe = path.some(
        (parent) => isPair(parent) && isScalar(parent.key) && parent.key.value === 'kprobes',
      );
      if (insideKprobe && JSON.stringify(node).length <= ONE_LINE) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
