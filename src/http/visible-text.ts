/** Characters that are invisible, change the direction of text, or end a line for some readers. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Writes text on one line with every character visible: control characters, line breaks, unusual spaces and marks that
 * change the direction of text become escapes. Otherwise the text of a body could end a line of a report, move the
 * cursor of a terminal, or look like other text.
 */
export function visibleText(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (character) => NAMED[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
