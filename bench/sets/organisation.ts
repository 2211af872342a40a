import { readFileSync } from 'node:fs';
import type { PublishedSet } from '../publish-set.ts';
import { forbid, numbered, type Policy, permit } from './policy-text.ts';

/** How many services the organisation has. Their teams have the same number of them each. */
export const SERVICES = 600;
const TEAMS = 40;

/** A service of the organisation, by its number. */
export interface OrganisationService {
  readonly name: string;
  readonly namespace: string;
  readonly team: string;
}

/** The service of this number. */
export function serviceOf(number: number): OrganisationService {
  const team = `team-${number % TEAMS}`;
  return {
    name: `service-${number % SERVICES}`,
    namespace: `${team}-${number % 3 === 0 ? 'batch' : 'web'}`,
    team,
  };
}

/**
 * The policy set of an organisation of 600 services in 40 teams: two permits for each service, one permit by the entity of
 * each team, a permit by a label for 15% of all, and prohibitions of what the platform team keeps for itself.
 */
export function organisationSet(): PublishedSet {
  const own = [...Array(SERVICES).keys()].flatMap(ownPermits);
  const teams = [...Array(TEAMS).keys()].map((team) =>
    permit(
      `team-${team}-certificates`,
      `principal in Lattice::Team::"team-${team}"`,
      'resource == Lattice::SecurityOverride::"allowedBinary:/usr/bin/update-ca-certificates"',
    ),
  );
  const byLabel = numbered(Math.round(((own.length + teams.length) * 15) / 85), (number, id) =>
    permit(
      `label-${id}`,
      'principal',
      `resource == Lattice::SecurityOverride::"allowedBinary:/opt/tools/tool-${number % 20}"`,
      ` when { principal.labels.contains({key: "tool-${number % 20}", value: "team-${number % TEAMS}"}) }`,
    ),
  );
  return {
    policies: Object.fromEntries([...own, ...teams, ...byLabel, ...PROHIBITIONS]),
    // It has teams as parents of namespaces.
    schema: readFileSync('policies/schema.cedarschema', 'utf8'),
    entities: [...Array(TEAMS).keys()].flatMap((team) =>
      ['batch', 'web'].map((kind) => ({
        uid: { type: 'Lattice::Namespace', id: `team-${team}-${kind}` },
        attrs: {},
        tags: {},
        parents: [{ type: 'Lattice::Team', id: `team-${team}` }],
      })),
    ),
  };
}

function ownPermits(number: number): Policy[] {
  const { name, namespace } = serviceOf(number);
  const principal = `principal == Lattice::Service::"${namespace}/${name}"`;
  return [
    permit(`${name}-curl`, principal, 'resource == Lattice::SecurityOverride::"allowedBinary:/usr/bin/curl"'),
    permit(
      `${name}-binaries`,
      principal,
      'resource',
      ` when { resource.category == "binary" && resource has path && resource.path like "/opt/${name}/bin/*" }`,
    ),
  ];
}

const PROHIBITIONS: readonly Policy[] = [
  ...['privileged', 'hostPID', 'hostNetwork', 'hostIPC', 'capability:SYS_ADMIN', 'capability:SYS_MODULE'].map(
    (override) =>
      forbid(
        `no-${override.replace(/[^a-zA-Z]/g, '-')}`,
        override,
        'principal in Lattice::Team::"team-platform"',
      ),
  ),
  [
    'no-wildcard',
    `@id("no-wildcard")
forbid (principal, action == Lattice::Action::"OverrideSecurity", resource == Lattice::SecurityOverride::"allowedBinary:*")
unless { principal.hasTag("tier") && principal.getTag("tier") == "sandbox" };`,
  ],
];
