/**
 * Texts of a request as parts of Markdown that no renderer takes for markup, a link, a mention or a reference.
 * @module
 */
import { visibleText } from '../http/visible-text.ts';

/** The longest text of a cell or a span, in characters. */
const LONGEST = 1_000;

/** Words that no renderer changes: letters or a short number, with punctuation. */
const PLAIN = /^\(?(?:[A-Za-z]+(?:['-][A-Za-z]+)*|[0-9]{1,5})[.,;:)]*$/;
/** Words that GitHub and GitLab may turn into a link to a commit. */
const HEXADECIMAL = /^\(?[0-9a-f]{7,40}[.,;:)]*$/;
/** A word with its opening bracket and its punctuation, which stay outside of the code span. */
const WORD = /^(\(?)(.*?)([.,;:)]*)$/s;

/**
 * Writes text for a table so that no part of it becomes markup, a link, a mention or a reference: every word that is
 * not plain is put in a code span. Entities would not help, because GitHub and GitLab look for links and mentions
 * after they have decoded them.
 */
export function prose(text: string): string {
  const parts: { readonly plain: boolean; readonly words: string[] }[] = [];
  for (const word of cut(visibleText(text)).split(' ')) {
    if (word === '') continue;
    const plain = PLAIN.test(word) && !HEXADECIMAL.test(word);
    const last = parts.at(-1);
    if (last?.plain === plain) last.words.push(word);
    else parts.push({ plain, words: [word] });
  }
  return parts
    .map(({ plain, words }) => {
      const joined = words.join(' ');
      if (plain) return joined;
      const [, open = '', inside = '', close = ''] = WORD.exec(joined) ?? [];
      return inside === '' ? code(joined) : `${open}${code(inside)}${close}`;
    })
    .join(' ');
}

/** Writes a code span for a table. Its quotes are longer than any in the text, and bars are escaped. */
export function code(text: string): string {
  // A backslash before a bar would undo the escape of the bar, so both are escaped.
  const plain = cut(visibleText(text)).replaceAll(/(\\*)\|/g, '$1$1\\|');
  if (plain === '') return '';
  const quotes = '`'.repeat(longestRun(plain) + 1);
  const padding = /^[` ]|[` ]$/.test(plain) ? ' ' : '';
  return `${quotes}${padding}${plain}${padding}${quotes}`;
}

/** Cuts a text: a name may be as long as the body, and no comment could hold that. */
function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} …`;
}

/** Writes the lines of a fenced block of a language. Its fences are longer than any in the text. */
export function fenced(language: string, text: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}${language}`, text, fence];
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
