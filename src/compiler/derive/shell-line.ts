/** The commands of a shell line, as far as they can be read without running it. */
export interface ShellLine {
  /** The words of each simple command, without assignments and redirections. */
  readonly commands: readonly (readonly string[])[];
  /** False when the line contains more than simple commands, so that it may run other programs too. */
  readonly complete: boolean;
}

/** The operators that separate commands. */
const SEPARATORS: ReadonlySet<string> = new Set(['&&', '||', ';', '|', '|&', '&', '\n']);

/** Words that begin or end a compound command (POSIX, "Reserved Words"), and those that Bash adds. */
const RESERVED: ReadonlySet<string> = new Set(
  '! { } case coproc do done elif else esac fi for function if in select then until while [[ ]]'.split(' '),
);

/** Matches the start of an assignment, `NAME=` or `NAME+=`. */
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

/** A word with its quotes removed, or an operator. */
type Token = { readonly word: string } | { readonly operator: string };

/**
 * Reads a line of POSIX shell language that consists of simple commands: words, quotes, assignments, redirections and
 * the operators between commands. Any other syntax makes the result incomplete; its meaning is not guessed. Parameters
 * such as `$PORT` stay in their words unexpanded.
 *
 * @example
 * readShellLine('PORT=80 serve --port "$PORT" && echo done'); // => { commands: [['serve', '--port', '$PORT'], ['echo', 'done']], complete: true }
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
    if ('operator' in token) {
      end();
      continue;
    }
    const { word } = token;
    // A reserved word begins a compound command, which is not read, so nothing after it is certain.
    if (words.length === 0 && RESERVED.has(word)) {
      complete = false;
      break;
    }
    if (words.length > 0 || !ASSIGNMENT.test(word)) words.push(word);
  }
  end();
  return { commands, complete };
}

/** The tokens of a line; undefined when it contains a subshell, a substitution or a here-document. */
function tokensOf(line: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  /** Whether the next word is the file of a redirection, which is not a word of the command. */
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
    const operator = /^(?:&&|\|\||\|&|[;|&\n])/.exec(rest)?.[0];
    if (operator !== undefined) {
      if (file || rest.startsWith(';;') || !SEPARATORS.has(operator)) return undefined;
      tokens.push({ operator });
      at += operator.length;
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

/** How many characters are looked at to find an operator: more than any operator or descriptor number has. */
const LOOK_AHEAD = 16;

/** Reads one word from a position on and removes its quotes; undefined when it contains a substitution or subshell. */
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
