import { Document, isPair, isScalar, visit } from 'yaml';
import type { Manifest } from './tracing-policy.ts';
import { scalarType } from './yaml-scalars.ts';

/**
 * Writes manifests as YAML documents. In YAML 1.1, which kubectl reads, `on` is true and `1:30` is a number, so every key
 * and string is quoted unless it is certainly a name or a path.
 *
 * @param comments Lines that are written as comments before the first document.
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

/**
 * Writes lines as YAML comments.
 *
 * @example
 * yamlComments(['One.', 'Two.']); // => '# One.\n# Two.\n'
 */
export function yamlComments(lines: readonly string[]): string {
  return lines.map((line) => `# ${printable(line)}\n`).join('');
}

/** Escapes every character outside printable ASCII, so that no reader of YAML finds a line break in a comment. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The longest mapping or list that is written on one line, in characters of its JSON. */
const ONE_LINE = 96;

function writeDocument(manifest: Manifest): string {
  const document = new Document(manifest, { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.type = scalarType(node.value);
    },
    // Each argument and each condition of a hook is on one line, as in the examples of Tetragon.
    Collection: (_, node, path) => {
      const insideKprobe = path.some(
        (parent) => isPair(parent) && isScalar(parent.key) && parent.key.value === 'kprobes',
      );
      if (insideKprobe && JSON.stringify(node).length <= ONE_LINE) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
