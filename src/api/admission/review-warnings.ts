/** The warning that the API key of the cluster expires soon. Every user of the cluster gets it. */
export function expiryWarning(expiresAt: string): string {
  return `The key by which this cluster asks Tracewright expires at ${expiresAt}. Replace it before, or no workload can be made or changed.`;
}

/** The limits in characters. The API server passes on 4,096 of all warnings, and beyond that 256 of each. */
const WARNING = 250;

const WARNINGS = 4_000;

/** Limits warnings to what the API server accepts: each once, the first of them, and how many more there were. */
export function boundedWarnings(texts: readonly string[]): string[] {
  const plain = [...new Set(texts.map(shorten))];
  const shown: string[] = [];
  let length = 0;
  for (const [index, text] of plain.entries()) {
    const rest = plain.length - index;
    const more = `There are ${rest} more warnings; POST /compile tells all of them.`;
    length += text.length;
    if (length > WARNINGS - (rest > 1 ? more.length : 0)) return [...shown, more];
    shown.push(text);
  }
  return shown;
}

function shorten(text: string): string {
  const plain = text.replaceAll(/\p{C}+/gu, ' ');
  return plain.length <= WARNING ? plain : `${plain.slice(0, WARNING - 3)}...`;
}
