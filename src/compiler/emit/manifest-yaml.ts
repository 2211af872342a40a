import { anyDocumentYaml } from './any-document-yaml.ts';
import { DocumentWriter } from './document-yaml.ts';
import type { Manifest } from './tracing-policy.ts';

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
  const writer = new DocumentWriter();
  return (
    yamlComments([...comments, ...(manifests.length === 0 ? ['No policy is needed.'] : [])]) +
    manifests.map((manifest) => `---\n${writer.write(manifest) ?? anyDocumentYaml(manifest)}`).join('')
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
