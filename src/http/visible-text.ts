/** Characters that a reader cannot see, that turn the direction of text, or that end a line somewhere. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text on one line, in which every character can be seen: control characters, line breaks, spaces of other
 * kinds and what turns the direction of text are written as escapes. So what a body says cannot end a line
 * of a report, move a terminal's cursor, or look like something else.
 */
export function visibleText(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (character) => NAMED[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
