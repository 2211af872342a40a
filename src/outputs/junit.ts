import type { DecisionAnswer } from '../http/decision-schema.ts';
import { visibleText } from '../http/visible-text.ts';
import { denialMessage, findingsOf, type ReportInput } from './findings.ts';

/** Writes JUnit XML: a suite for each service, and a case for each override. The notices are the output of the suite. */
export function toJunit(input: ReportInput): string {
  // Workloads of different kinds may share a name; then their overrides are in one suite.
  const suites = [...new Set(input.services)].map((service) => suite(service, input));
  const general = input.notices.filter(({ service }) => service === '');
  if (general.length > 0) suites.push(generalSuite(input));
  const sum = (part: 'cases' | 'failures'): number => suites.reduce((total, each) => total + each[part], 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tracewright" tests="${sum('cases')}" failures="${sum('failures')}" errors="0">`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly cases: number;
  readonly failures: number;
  readonly xml: string;
}

function suite(service: string, input: ReportInput): Suite {
  const own = input.decisions.filter((decision) => decision.service === service);
  const failures = own.filter(({ decision }) => decision === 'deny').length;
  const cases =
    own.length === 0
      ? [`    <testcase classname="${attribute(service)}" name="asks for no override"/>`]
      : own.map((decision) => testcase(decision, input.path));
  return write(service, cases, failures, input, service);
}

function generalSuite(input: ReportInput): Suite {
  return write('request', ['    <testcase classname="request" name="is read"/>'], 0, input, '');
}

function write(
  name: string,
  cases: readonly string[],
  failures: number,
  input: ReportInput,
  service: string,
): Suite {
  const { policySet } = input;
  const told = findingsOf({
    decisions: [],
    notices: input.notices.filter((each) => each.service === service),
  });
  const output = told.map(({ level, rule, message }) => `${level}: ${rule}: ${message}`).join('\n');
  return {
    cases: cases.length,
    failures,
    xml: [
      `  <testsuite name="${attribute(name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">`,
      '    <properties>',
      `      <property name="policySet" value="${attribute(`${policySet.name} version ${policySet.version} ${policySet.digest}`)}"/>`,
      '    </properties>',
      ...cases,
      ...(output === '' ? [] : [`    <system-out>${escapeXml(output)}</system-out>`]),
      '  </testsuite>',
    ].join('\n'),
  };
}

function testcase(decision: DecisionAnswer, path: string | undefined): string {
  const { service, container, override, line } = decision;
  const name = container === undefined ? override : `${container}: ${override}`;
  const place =
    path === undefined
      ? ''
      : ` file="${attribute(visibleText(path))}"${line === undefined ? '' : ` line="${line}"`}`;
  const open = `    <testcase classname="${attribute(service)}" name="${attribute(name)}"${place}`;
  if (decision.decision === 'allow') return `${open}/>`;
  const message = denialMessage(decision);
  const details = [
    message,
    ...(decision.suggestedPermit === undefined
      ? []
      : ['', 'The permit to ask the platform team for, if it must be:', decision.suggestedPermit]),
  ];
  return [
    `${open}>`,
    `      <failure type="${decision.reason ?? ''}" message="${attribute(message)}">${escapeXml(details.join('\n'))}</failure>`,
    '    </testcase>',
  ].join('\n');
}

/** Escapes the value of an attribute. XML readers take a plain line break in it for a space. */
function attribute(text: string): string {
  return escapeXml(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** Escapes text for XML 1.0. Characters that XML cannot hold, such as most control characters, are replaced. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
