import { Document, isCollection, isPair, isScalar, parse, Scalar, visit } from 'yaml';
import { isStringInYaml11 } from '../../src/compiler/model/yaml-1-1.ts';

/** Numbers that decide how a text is written, taken one after the other, and from the beginning again. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** Whether a thing is done that is done once in so many times. */
  oneIn(times: number): boolean {
    const number = this.#numbers[this.#next % this.#numbers.length] ?? 0;
    this.#next += 1;
    return number % times === times - 1;
  }
}

/**
 * Writes documents as YAML in the style that the choices make, with comments that are numbered. None stands behind an annotation of ours. */
export function styledYaml(
  values: readonly unknown[],
  choices: Choices,
  { onlyBlocks = false, aliases = false } = {},
): string {
  let comments = 0;
  const comment = (): string => {
    comments += 1;
    return ` c${comments}`;
  };
  const style = (document: Document): void => {
    visit(document, {
      Scalar: (_, scalar) => {
        if (typeof scalar.value === 'string' && !isStringInYaml11(scalar.value))
          scalar.type = Scalar.QUOTE_DOUBLE;
      },
      Pair: (_, pair) => {
        if (!isScalar(pair.key)) return;
        if (choices.oneIn(9)) pair.key.commentBefore = comment();
        if (choices.oneIn(9)) pair.key.spaceBefore = true;
        if (choices.oneIn(12)) pair.key.type = Scalar.QUOTE_DOUBLE;
        const isOurs = String(pair.key.value).startsWith('runtime.lattice.dev/');
        if (isScalar(pair.value) && !isOurs && choices.oneIn(9)) pair.value.comment = comment();
        if (isScalar(pair.value) && typeof pair.value.value === 'string' && choices.oneIn(9))
          pair.value.type = Scalar.QUOTE_SINGLE;
      },
      Collection: (_, node) => {
        if (!onlyBlocks && choices.oneIn(8)) node.flow = true;
        for (const item of node.items) {
          if (isCollection(item) && choices.oneIn(12)) item.commentBefore = comment();
          if (isScalar(item) && !isPair(item) && choices.oneIn(12)) item.type = Scalar.QUOTE_DOUBLE;
        }
      },
    });
  };
  const options = {
    indent: choices.oneIn(2) ? 4 : 2,
    indentSeq: !choices.oneIn(2),
    flowCollectionPadding: choices.oneIn(2),
    lineWidth: onlyBlocks || choices.oneIn(2) ? 0 : 60,
  };
  const texts = values.map((value) => {
    const document = new Document(value, { aliasDuplicateObjects: aliases });
    style(document);
    const text = document.toString(options);
    // The package yaml writes "undefined" into some quoted texts that it folds.
    const isRight = JSON.stringify(parse(text)) === JSON.stringify(value);
    return isRight ? text : document.toString({ ...options, lineWidth: 0 });
  });
  const text = texts.join(choices.oneIn(3) ? '...\n---\n' : '---\n');
  const whole = choices.oneIn(4) ? text.replace(/\n$/, '') : text;
  return choices.oneIn(4) ? whole.replaceAll('\n', '\r\n') : whole;
}
