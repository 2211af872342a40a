import packageJson from '../../package.json' with { type: 'json' };
import { NOTICE_CODES } from '../compiler/model/notices.ts';
import { jsonText } from '../http/answers.ts';
import { type Finding, findingsOf, type ReportInput, UNNAMED_FILE } from './findings.ts';
import { OVERRIDE_RULES } from './rules.ts';

/** Writes SARIF 2.1.0 (OASIS) for code scanning: the denials and notices with their lines. */
export function toSarif(input: ReportInput): string {
  const findings = findingsOf(input);
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  const uri = fileUri(input.path ?? UNNAMED_FILE);
  return jsonText({
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Tracewright',
            semanticVersion: packageJson.version,
            rules: rules.map(ruleDescriptor),
          },
        },
        automationDetails: { id: `tracewright/${input.policySet.name}/` },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(finding, rules.indexOf(finding.rule), uri)),
        properties: { policySet: input.policySet },
      },
    ],
  });
}

function ruleDescriptor(id: string): object {
  const override = OVERRIDE_RULES[id];
  if (override !== undefined) {
    const { title, help, severity } = override;
    return {
      id,
      shortDescription: { text: title },
      fullDescription: { text: help },
      help: { text: help, markdown: `**${title}.** ${help}` },
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['security', 'kubernetes'], precision: 'very-high', 'security-severity': severity },
    };
  }
  const known = Object.entries(NOTICE_CODES).find(([code]) => code === id);
  const { level, meaning } = known?.[1] ?? { level: 'note', meaning: id };
  return {
    id,
    shortDescription: { text: meaning },
    fullDescription: { text: meaning },
    help: { text: meaning },
    defaultConfiguration: { level },
    properties: { tags: ['kubernetes'], precision: 'very-high' },
  };
}

function result(finding: Finding, ruleIndex: number, uri: string): object {
  const { rule, level, message, service, container, subject, line, column, pointer, suggestedPermit } =
    finding;
  const logical = [service, ...(container === undefined ? [] : [container])].filter((each) => each !== '');
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: plainMessage(message) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine: line ?? 1, startColumn: column ?? 1 },
        },
        ...(logical.length === 0
          ? {}
          : { logicalLocations: [{ fullyQualifiedName: logical.join('/'), kind: 'resource' }] }),
      },
    ],
    partialFingerprints: { 'tracewright/v1': [rule, service, container ?? '', subject].join(' ') },
    properties: {
      ...(pointer === undefined ? {} : { pointer }),
      ...(suggestedPermit === undefined ? {} : { suggestedPermit }),
    },
  };
}

/**
 * Escapes links and placeholders in a message (SARIF 2.1.0, 3.11.5 and 3.11.6). A text without either stays
 * unchanged, because few viewers remove the escapes again.
 */
function plainMessage(text: string): string {
  const unlinked = /\[[^\]]*\]\s*\(/.test(text) ? text.replaceAll(/[[\]\\]/g, '\\$&') : text;
  return /\{[0-9]+\}/.test(unlinked) ? unlinked.replaceAll(/[{}]/g, '$&$&') : unlinked;
}

/** Writes a path as a URI reference: relative to the repository, or a `file:` URI for an absolute path. */
function fileUri(path: string): string {
  const plain = path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const encoded = plain.split('/').map(encodeURIComponent).join('/');
  return plain.startsWith('/') ? `file://${encoded}` : encoded;
}
