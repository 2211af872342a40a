/** What a shell line runs, as far as it can be told without running it. */
export interface ShellLine {
  /** The words of each simple command, without assignments and redirections. */
  readonly commands: readonly (readonly string[])[];
  /** False when the line holds more than simple commands: then other programs may run besides. */
  readonly complete: boolean;
}

/** Signs that part one command from the next. */
const SEPARATORS = new Set(['&&', '||', ';', '|', '|&', '&', '\n']);

/** Words that begin or end a compound command (POSIX, "Reserved Words"), and those that Bash adds. */
const RESERVED = new Set(
  '! { } case coproc do done elif else esac fi for function if in select then until while [[ ]]'.split(' '),
);

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

type Token = { readonly word: string } | { readonly sign: string };

/**
 * Reads a line as a POSIX shell would, but only what is simple: words, quotes, assignments,
 * redirections, and the signs between commands. Whatever else there is makes the line incomplete, and is
 * not guessed at. Parameters (`$PORT`) stay in their words as they are written.
 */
export function readShellLine(line: string): ShellLine {
  const tokens = tokensOf(line);
  if (tokens === undefined) return { commands: [], complete: false };
  const commands: string[][] = [];
  let words: string[] = [];
  let complete = true;
  const end = (): void => {
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (const token of tokens) {
    if ('sign' in token) {
      end();
      continue;
    }
    const { word } = token;
    // After a reserved word comes what this does not read: nothing behind it can be told for certain.
    if (words.length === 0 && RESERVED.has(word)) {
      complete = false;
      break;
    }
    if (words.length > 0 || !ASSIGNMENT.test(word)) words.push(word);
  }
  end();
  return { commands, complete };
}

/** The tokens of a line; undefined when it holds what is not simple: a subshell, a substitution, a here-document. */
function tokensOf(line: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  /** Whether the next word is the file of a redirection. */
  let file = false;
  while (at < line.length) {
    const rest = line.slice(at, at + LOOK_AHEAD);
    const blank = /^(?:[ \t]|\\\n)+/.exec(rest)?.[0];
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (rest.startsWith('#')) {
      const end = line.indexOf('\n', at);
      at = end < 0 ? line.length : end;
      continue;
    }
    const redirection = /^[0-9]*(?:>>|>\||>&|<&|<>|&>>|&>|>|<(?!<|\())/.exec(rest)?.[0];
    if (redirection !== undefined) {
      at += redirection.length;
      file = true;
      continue;
    }
    const sign = /^(?:&&|\|\||\|&|[;|&\n])/.exec(rest)?.[0];
    if (sign !== undefined) {
      if (file || rest.startsWith(';;') || !SEPARATORS.has(sign)) return undefined;
      tokens.push({ sign });
      at += sign.length;
      continue;
    }
    const word = readWord(line, at);
    if (word === undefined) return undefined;
    at = word.end;
    if (!file) tokens.push({ word: word.text });
    file = false;
  }
  return file ? undefined : tokens;
}

/** No sign is longer, and no number of a descriptor need be. */
const LOOK_AHEAD = 16;

/** One word from a place on, its quotes removed; undefined when it is not simple. */
function readWord(line: string, start: number): { readonly text: string; readonly end: number } | undefined {
  let text = '';
  let at = start;
  while (at < line.length) {
    const character = line.charAt(at);
    if (/[ \t\n;|&<>]/.test(character)) break;
    if (/[()`]/.test(character) || line.startsWith('$(', at)) return undefined;
    if (character === "'") {
      const close = line.indexOf("'", at + 1);
      if (close < 0) return undefined;
      text += line.slice(at + 1, close);
      at = close + 1;
    } else if (character === '"') {
      const quoted = readDoubleQuotes(line, at + 1);
      if (quoted === undefined) return undefined;
      text += quoted.text;
      at = quoted.end;
    } else if (character === '\\') {
      text += line.charAt(at + 1);
      at += 2;
    } else {
      text += character;
      at += 1;
    }
  }
  return at === start ? undefined : { text, end: at };
}

function readDoubleQuotes(
  line: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  let text = '';
  let at = start;
  while (at < line.length) {
    const character = line.charAt(at);
    if (character === '"') return { text, end: at + 1 };
    if (character === '`' || line.startsWith('$(', at)) return undefined;
    if (character === '\\' && /["$`\\\n]/.test(line.charAt(at + 1))) {
      text += line.charAt(at + 1);
      at += 2;
    } else {
      text += character;
      at += 1;
    }
  }
  return undefined;
}
