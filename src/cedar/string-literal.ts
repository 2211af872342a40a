/** Writes a text as a Cedar string literal, with everything except printable ASCII escaped (Cedar grammar, STR). */
export function quote(text: string): string {
  const escaped = [...text].map((character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return /^[ -~]$/.test(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
  return `"${escaped.join('')}"`;
}
