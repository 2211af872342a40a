import { type Bench, largest } from './section.ts';
import type { Subject } from './subject.ts';
import { short, type Table, whole } from './tables.ts';

type Read = (name: string) => number;

interface Goal {
  readonly name: string;
  readonly aim: string;
  /** What was measured; NaN when it was not. */
  readonly of: (figure: Read) => number;
}

/**
 * Sets what was measured beside what is aimed at. Nothing fails when it is not reached. Undefined when this run did not
 * measure all of it.
 */
export function goalTable(bench: Bench): Table | undefined {
  const columns = bench.subjects
    .map(({ name }) => name)
    .toReversed()
    .map((subject) => ({ subject, head: subject === 'now' ? 'Measured' : 'Before' }));
  const value = ({ of }: Goal, subject: Subject['name']): string => {
    const measured = of((name) => bench.figures.get(name, subject));
    return Number.isNaN(measured) ? '–' : short(measured);
  };
  const all = goals(bench);
  if (all.some(({ of }) => Number.isNaN(of((name) => bench.figures.get(name, 'now'))))) return undefined;
  return {
    head: ['Goal', 'Aim', ...columns.map(({ head }) => head)],
    rows: all.map((goal) => [goal.name, goal.aim, ...columns.map(({ subject }) => value(goal, subject))]),
    comparing: [3],
  };
}

function goals(bench: Bench): Goal[] {
  const most = whole(largest(bench));
  const one = (count: string): string => `one decision, a service never seen, ${count} policies`;
  const batch = `a decision in a batch of 100, a service never seen, ${most} policies`;
  const echo = 'parse, check and echo the service of the README';
  const times =
    (name: string, base: string) =>
    (figure: Read): number =>
      figure(name) / figure(base);
  const condition = (name: string): Goal => ({
    name: `a decision where a tenth has conditions by ${name}, to none`,
    aim: '≤ 2',
    of: times(`condition ${name}`, 'condition none'),
  });
  const compared = [...bench.figures.peers()].flatMap((peer): Goal[] => [
    {
      name: `one decision by ${most} policies, to ${peer}`,
      aim: peer.startsWith('OPA') ? '≤ 1' : '',
      of: times(`Tracewright: one decision, ${most} policies`, `${peer}: one decision, ${most} policies`),
    },
    {
      name: `a decision in a batch of 100 by ${most} policies, to ${peer}`,
      aim: peer.startsWith('OPA') ? '≤ 0.5' : '',
      of: times(
        `Tracewright: a decision in a batch of 100, ${most} policies`,
        `${peer}: a decision in a batch of 100, ${most} policies`,
      ),
    },
  ]);
  return [
    { name: `one decision by ${most} policies, to one by 10`, aim: '≤ 1.3', of: times(one(most), one('10')) },
    { name: `a decision in a batch of 100, µs`, aim: '', of: (figure) => figure(batch) },
    ...compared,
    ...['`label`', '`tag`', '`like`', '`if`', '`unless`', 'each of these in turn'].map(condition),
    {
      name: 'the echo, to a compilation of new JSON',
      aim: '≥ 0.5',
      of: times(echo, 'JSON to JSON, anonymous'),
    },
    {
      name: 'a new Deployment of 3.6 KB, YAML to YAML, to receiving and parsing it with js-yaml',
      aim: '≤ 2.5',
      of: times(
        'Deployment of 3.6 KB, YAML to YAML, anonymous',
        'receive the Deployment and parse it with js-yaml',
      ),
    },
    {
      name: 'a compilation of new JSON with an API key, to an anonymous one',
      aim: '≤ 1.1',
      of: times('JSON to JSON, API key', 'JSON to JSON, anonymous'),
    },
    {
      name: 'the same with a token that was used before',
      aim: '≤ 1.1',
      of: times('JSON to JSON, token, used before', 'JSON to JSON, anonymous'),
    },
    { name: `publishing ${most} policies, CPU s`, aim: '< 2', of: (figure) => figure('CPU time, s') },
    {
      name: 'the longest wait of another request meanwhile, ms',
      aim: '≤ 100',
      of: (figure) => figure('longest wait of another request, ms'),
    },
    {
      name: `the first decision of a new isolate by ${most} policies, CPU ms`,
      aim: '< 15',
      of: (figure) => figure(`the first decision, ${most} policies`),
    },
    { name: 'the start of an isolate, CPU ms', aim: 'half', of: (figure) => figure('start, CPU ms') },
  ];
}
