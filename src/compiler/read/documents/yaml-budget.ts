import { LIMITS } from '../../model/limits.ts';
import { Unreadable } from './unreadable.ts';

const TOO_MANY = `The documents hold more than ${LIMITS.nodes} values.`;
const TOO_MANY_IN_ONE = `The document holds more than ${LIMITS.documentNodes} values.`;
const TOO_LONG = `The strings of the documents hold more than ${LIMITS.characters} characters, aliases counted in full.`;
const TOO_MANY_PROPERTIES = `The documents hold more than ${LIMITS.properties} anchors, tags and directives.`;
const TOO_MANY_DOCUMENTS = `There are more than ${LIMITS.objects} documents.`;
const CHARACTERS = `${LIMITS.documentCharacters} characters`;
const LINES = `${LIMITS.documentLines} lines`;

function tooLarge(limit: string): string {
  return `The document has more than ${limit}. Only objects that cannot hold a workload, such as ConfigMaps and CustomResourceDefinitions, may be larger, and only where apiVersion and kind are written plainly. Write the objects of a list as documents, or send JSON.`;
}

/** A value takes at most a handful of lexemes (indentation, indicator, text, line break). */
const LEXEMES = 8;
/**
 * A value that is not divided into lexemes would have at most so many, its key, indicators and all spaces included:
 * `a: [ ] , ` in brackets.
 */
const VALUE_LEXEMES = 10;
/** A line has at most so many besides those of its values: indentation, a space, a comment and the line break. */
const LINE_LEXEMES = 4;

/**
 * Counts what all YAML documents of one body hold together, and what one of them holds. An alias counts as much as what
 * it stands for, so that a short text cannot describe a huge value.
 */
export class Budget {
  private nodesSpent = 0;
  private charactersSpent = 0;
  private aliasesUsed = 0;
  /** Whether there were too many lexemes only if the documents that were not divided had as many as they may have. */
  mayBeTooHigh = false;
  private lexemesRead = 0;
  /** Whether some of the lexemes are those that documents may have which were not divided. */
  private isGuessed = false;
  private propertiesUsed = 0;
  private documents = 0;
  /** What had been counted when the document began that is being read. */
  private before = { nodes: 0, lexemes: 0 };

  /** How many values and characters have been counted so far. */
  get spent(): { readonly nodes: number; readonly characters: number } {
    return { nodes: this.nodesSpent, characters: this.charactersSpent };
  }

  /**
   * Begins to count what the next documents hold, which are read together.
   *
   * @param text Their text.
   * @returns How many lines they have.
   * @throws Unreadable when these are more than {@link LIMITS} allows.
   */
  begin(text: string): number {
    this.before = { nodes: this.nodesSpent, lexemes: this.lexemesRead };
    if (text.length > LIMITS.documentCharacters) throw new Unreadable(tooLarge(CHARACTERS), 0);
    let lines = 1;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
    if (lines > LIMITS.documentLines) throw new Unreadable(tooLarge(LINES), 0);
    return lines;
  }

  /** Counts a document, also one that is not read. @throws Unreadable when there are more than {@link LIMITS} allows. */
  addDocument(at: number): void {
    this.documents += 1;
    if (this.documents > LIMITS.objects) throw new Unreadable(TOO_MANY_DOCUMENTS, at);
  }

  /**
   * Counts values and characters.
   *
   * @throws Unreadable when there are more than {@link LIMITS} allows.
   */
  spend(nodes: number, characters: number, at: number): void {
    this.nodesSpent += nodes;
    this.charactersSpent += characters;
    if (this.nodesSpent > LIMITS.nodes) throw new Unreadable(TOO_MANY, at);
    if (this.nodesSpent - this.before.nodes > LIMITS.documentNodes) throw new Unreadable(TOO_MANY_IN_ONE, at);
    if (this.charactersSpent > LIMITS.characters) throw new Unreadable(TOO_LONG, at);
  }

  /**
   * Counts a lexeme: there are some for each value.
   *
   * @throws Unreadable as {@link spend} does, or when there may be too many: see {@link mayBeTooHigh}.
   */
  readLexeme(at: number): void {
    this.lexemesRead += 1;
    if (this.lexemesRead > LIMITS.nodes * LEXEMES) {
      this.mayBeTooHigh = this.isGuessed;
      throw new Unreadable(TOO_MANY, at);
    }
    if (this.lexemesRead - this.before.lexemes > LIMITS.documentNodes * LEXEMES)
      throw new Unreadable(TOO_MANY_IN_ONE, at);
  }

  /**
   * Counts what a document holds that was not divided into lexemes, if it is certain that this is within the limits.
   *
   * @returns Whether it is; otherwise nothing is counted.
   */
  spendUndivided(nodes: number, characters: number, lines: number): boolean {
    const lexemes = nodes * VALUE_LEXEMES + (lines + 1) * LINE_LEXEMES;
    const isWithin =
      lexemes <= LIMITS.documentNodes * LEXEMES &&
      this.lexemesRead + lexemes <= LIMITS.nodes * LEXEMES &&
      this.nodesSpent + nodes <= LIMITS.nodes &&
      this.charactersSpent + characters <= LIMITS.characters;
    if (!isWithin) return false;
    this.lexemesRead += lexemes;
    this.nodesSpent += nodes;
    this.charactersSpent += characters;
    this.isGuessed = true;
    return true;
  }

  /** Counts an anchor, an alias, a tag or a directive. @throws Unreadable when there are too many. */
  useProperty(at: number): void {
    this.propertiesUsed += 1;
    if (this.propertiesUsed > LIMITS.properties) throw new Unreadable(TOO_MANY_PROPERTIES, at);
  }

  /**
   * Counts one alias.
   *
   * @throws Unreadable when there are more than {@link LIMITS} allows.
   */
  useAlias(at: number): void {
    this.aliasesUsed += 1;
    if (this.aliasesUsed > LIMITS.aliases)
      throw new Unreadable(`The documents use more than ${LIMITS.aliases} aliases.`, at);
  }
}
