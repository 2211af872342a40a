import {
  builtAnew,
  deploymentBody,
  JSON_TYPE,
  organisationBody,
  post,
  README_SERVICE,
  YAML_TYPE,
} from './bodies.ts';
import { cpuOf, interleave, type Measurements, type Row } from './interleave.ts';
import type { Calls } from './load-client.ts';
import { publishManagement, publishSet } from './publish-set.ts';
import { type Bench, say, withTargets } from './section.ts';
import { organisationSet, SERVICES } from './sets/organisation.ts';
import { plainSet } from './sets/plain-set.ts';
import type { Target } from './subject.ts';
import { measurementTable, type Table } from './tables.ts';

const COMPILE = '/compile?policySet=bench';
const BY_ORGANISATION = '/compile?policySet=organisation';

const ECHO: Row = {
  name: 'parse, check and echo the service of the README',
  calls: () => post('/reference/echo', JSON_TYPE, README_SERVICE.json),
};

/** What the requests are compared with. */
const REFERENCES: readonly Row[] = [
  { name: 'constant JSON', calls: () => ({ method: 'GET', path: '/reference/constant' }) },
  ECHO,
  {
    name: '`JSON.parse` of the service alone',
    calls: () => post('/reference/parse/json/100', JSON_TYPE, README_SERVICE.json),
    each: 100,
  },
  {
    name: 'receive the Deployment and parse it with js-yaml',
    calls: () => post('/reference/parse/yaml/1', YAML_TYPE, deploymentBody(1)),
  },
  {
    name: 'js-yaml of the Deployment alone',
    calls: () => post('/reference/parse/yaml/20', YAML_TYPE, deploymentBody(1)),
    each: 20,
  },
];

type Caller = (target: Target) => () => Readonly<Record<string, string>>;
const CALLERS = {
  anonymous: () => () => ({}),
  'API key':
    ({ key }) =>
    () =>
      key,
  'token, used before':
    ({ token }) =>
    () =>
      token,
  'token, new each time':
    ({ newToken }) =>
    () =>
      newToken(),
} as const satisfies Record<string, Caller>;
type CallerName = keyof typeof CALLERS;

/** What differs between requests: none of two in the whole benchmark has the same number. */
class Builds {
  #next = 1;

  /** A number that was not used before. */
  next(): number {
    return this.#next++;
  }
}

/** Requests with bodies that the server has never seen, as after a build. */
function newBodies(builds: Builds): Row[] {
  const json = README_SERVICE.json;
  const yaml = README_SERVICE.yaml;
  const row = (
    name: string,
    path: string,
    make: (build: number) => string,
    form: { type?: string; accept?: string; caller?: CallerName } = {},
  ): Row => ({
    name: `${name}, ${form.caller ?? 'anonymous'}`,
    calls: (target): Calls => {
      const headers = CALLERS[form.caller ?? 'anonymous'](target);
      const { type = YAML_TYPE, accept } = form;
      return () =>
        post(path, type, make(builds.next()), {
          ...(accept === undefined ? {} : { accept }),
          caller: headers(),
        });
    },
  });
  const newImage = (body: string) => (build: number) => builtAnew(body, build);
  return [
    ...(['anonymous', 'API key', 'token, used before', 'token, new each time'] as const).map((caller) =>
      row('JSON to JSON', COMPILE, newImage(json), { type: JSON_TYPE, caller }),
    ),
    row('YAML to JSON', COMPILE, newImage(yaml)),
    row('YAML to YAML', COMPILE, newImage(yaml), { accept: YAML_TYPE }),
    row('YAML to YAML', COMPILE, newImage(yaml), { accept: YAML_TYPE, caller: 'token, new each time' }),
    row('Deployment of 3.6 KB, YAML to JSON', COMPILE, deploymentBody),
    row('Deployment of 3.6 KB, YAML to YAML', COMPILE, deploymentBody, { accept: YAML_TYPE }),
    row('organisation, YAML to JSON', BY_ORGANISATION, (build) => organisationBody(build, build)),
    row('organisation, YAML to YAML', BY_ORGANISATION, (build) => organisationBody(build, build), {
      accept: YAML_TYPE,
      caller: 'API key',
    }),
  ];
}

/** Requests that were made before, as CD systems make them at every sync. */
function repeats(): Row[] {
  const row = (name: string, type: string, body: string, caller: CallerName, accept?: string): Row => ({
    name: `${name}, again, ${caller}`,
    calls: (target) => {
      const headers = CALLERS[caller](target);
      return () =>
        post(COMPILE, type, body, { ...(accept === undefined ? {} : { accept }), caller: headers() });
    },
  });
  return [
    ...(['anonymous', 'API key', 'token, used before'] as const).map((caller) =>
      row('JSON to JSON', JSON_TYPE, README_SERVICE.json, caller),
    ),
    row('YAML to YAML', YAML_TYPE, README_SERVICE.yaml, 'anonymous', YAML_TYPE),
    row('Deployment of 3.6 KB, YAML to YAML', YAML_TYPE, deploymentBody(0), 'anonymous', YAML_TYPE),
    ...[200, SERVICES].map((services) => cycle(services)),
  ];
}

/** The services of an organisation one after the other, the same again and again. */
function cycle(services: number): Row {
  return {
    name: `${services} services in turn, YAML to JSON, anonymous`,
    calls: () => {
      let number = 0;
      return () => post(BY_ORGANISATION, YAML_TYPE, organisationBody(number++ % services, 0));
    },
    warmUp: services,
  };
}

/** Measures `/compile` as users call it. @returns Their tables. */
export async function measureRequests(bench: Bench): Promise<Table[]> {
  const builds = new Builds();
  const [fresh, repeated] = [newBodies(builds), repeats()];
  return withTargets(bench, async (targets) => {
    for (const target of targets) {
      await publishManagement(target);
      await publishSet(target, 'bench', { policies: plainSet(10).policies });
      await publishSet(target, 'organisation', organisationSet());
    }
    say(`Measuring ${REFERENCES.length + fresh.length + repeated.length} kinds of requests`);
    const measurements = await interleave([...REFERENCES, ...fresh, ...repeated], targets, bench.effort);
    noteFigures(bench, measurements, targets);
    const tableOf = (rows: readonly Row[], head: string): Table =>
      measurementTable(rows, measurements, targets, {
        head,
        base: { row: ECHO, head: 'Times the echo' },
      });
    return [
      tableOf(fresh, '`POST /compile`, never seen'),
      tableOf(repeated, '`POST /compile`, seen before'),
      tableOf(REFERENCES, 'For comparison'),
    ];
  });
}

function noteFigures({ figures }: Bench, measurements: Measurements, targets: readonly Target[]): void {
  for (const row of measurements.keys())
    for (const target of targets) figures.set(row.name, target.subject, cpuOf(measurements, row, target));
}
