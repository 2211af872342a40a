import { visibleText } from '../http/visible-text.ts';
import { findingsOf, type ReportInput } from './findings.ts';

const COMMANDS = { error: 'error', warning: 'warning', note: 'notice' } as const;

/**
 * Writes GitHub workflow commands. A step that prints them annotates the line of each finding (GitHub Actions,
 * "Workflow commands").
 */
export function toWorkflowAnnotations(input: ReportInput): string {
  return findingsOf(input)
    .map(({ level, title, message, line, column }) => {
      const properties = [
        ...(input.path === undefined ? [] : [`file=${property(input.path)}`]),
        ...(line === undefined ? [] : [`line=${line}`]),
        ...(column === undefined ? [] : [`col=${column}`]),
        `title=${property(title)}`,
      ];
      return `::${COMMANDS[level]} ${properties.join(',')}::${data(message)}\n`;
    })
    .join('');
}

/** Escapes the message of a command: after a line break, the rest could be read as another command. */
function data(text: string): string {
  return visibleText(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
