import { Composer, type Document, Lexer, Parser } from 'yaml';
import { LIMITS } from '../../model/limits.ts';
import { TOO_DEEP, Unreadable } from './unreadable.ts';
import type { Budget } from './yaml-budget.ts';

/** A lexeme that introduces an anchor, an alias, a tag or a directive. */
const PROPERTY = /^[&*!%]/;

/**
 * Composes the documents of a YAML text, as `parseAllDocuments` of the package `yaml` does, within our limits.
 * The composer is recursive, so a text that is nested too deep must be refused before it is composed: the stack
 * of the parser, which is not recursive, is watched for that.
 *
 * @param budget What the documents of the body may still hold; it is spent.
 * @throws Unreadable when the text is beyond our limits, or cannot be divided into lexemes.
 */
export function* composeBounded(text: string, budget: Budget): Generator<Document.Parsed, void> {
  const parser = new Parser();
  // With uniqueKeys, yaml compares each key with all others, which takes quadratic time. The conversion to
  // plain data finds repeated keys with a set instead.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, version: '1.2', schema: 'core' });
  stopAfterErrors(composer, parser);
  for (const lexeme of new Lexer().lex(text)) {
    if (PROPERTY.test(lexeme)) budget.useProperty(parser.offset);
    budget.readLexeme(parser.offset);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw new Unreadable(`Not YAML: ${token.message}`, token.offset);
      yield* composer.next(token);
    }
    if (parser.stack.length > LIMITS.depth + 2) throw new Unreadable(TOO_DEEP, parser.offset);
  }
  for (const token of parser.end()) yield* composer.next(token);
  yield* composer.end(false, text.length);
}

/**
 * Stops the composer after as many errors as an answer lists. Each error object captures a stack trace, so a
 * text that consists of nothing but errors would otherwise take seconds.
 */
function stopAfterErrors(composer: Composer, parser: Parser): void {
  const report = errorHookOf(composer);
  let errors = 0;
  const onError = (...problem: unknown[]): void => {
    errors += 1;
    if (errors > LIMITS.faults)
      throw new Unreadable(
        `Not YAML: there are more than ${LIMITS.faults} errors up to here.`,
        parser.offset,
      );
    report(...problem);
  };
  Object.defineProperty(composer, 'onError', { value: onError });
}

/**
 * The function by which a composer records an error. The package `yaml` has no option that limits errors, so
 * this reads a field that its types call private.
 *
 * @throws Error when there is no such field: another version of `yaml` must not remove our limit unnoticed.
 */
export function errorHookOf(composer: object): (...problem: unknown[]) => unknown {
  const report: unknown = Reflect.get(composer, 'onError');
  if (typeof report === 'function') return (...problem) => Reflect.apply(report, composer, problem);
  throw new Error(
    'The Composer of the package yaml has no function onError any more, so its errors cannot be limited. Use the version of yaml in package.json, or change src/compiler/read/documents/yaml-composer.ts.',
  );
}

// Checked when the module is loaded, so that a Worker with an unsuitable version of yaml does not start.
errorHookOf(new Composer());
