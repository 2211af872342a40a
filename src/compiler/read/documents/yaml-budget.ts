import { LIMITS } from '../../model/limits.ts';
import { Unreadable } from './unreadable.ts';

/** The message about documents with too many values. */
export const TOO_MANY = `The documents hold more than ${LIMITS.nodes} values.`;
const TOO_LONG = `The strings of the documents hold more than ${LIMITS.characters} characters, aliases counted in full.`;

/**
 * Counts what all YAML documents of one body hold together. An alias counts as much as what it stands for, so
 * that a short text cannot describe a huge value.
 */
export class Budget {
  private nodesSpent = 0;
  private charactersSpent = 0;
  private aliasesUsed = 0;

  /** How many values and characters have been counted so far. */
  get spent(): { readonly nodes: number; readonly characters: number } {
    return { nodes: this.nodesSpent, characters: this.charactersSpent };
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
    if (this.charactersSpent > LIMITS.characters) throw new Unreadable(TOO_LONG, at);
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
