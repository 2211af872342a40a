import type { OverrideRequest, Principal } from '../src/cedar/override-question.ts';
import type { VersionContent } from '../src/policy-sets/version-schemas.ts';

/** The workload of `examples/api-server.yaml`, which every request of the benchmark is about. */
export const PRINCIPAL: Principal = {
  namespace: 'production',
  name: 'api-server',
  kind: 'service',
  labels: {},
};

/** An override that the last policy of every set permits. Each number gives another override. */
export function overrideOf(number: number): OverrideRequest {
  return {
    id: `allowedBinary:/usr/bin/tool-${number}`,
    category: 'binary',
    container: 'app',
    image: 'api-server:latest',
    implicit: false,
  };
}

/** A policy by its id. */
type Policy = readonly [id: string, text: string];

function permit(id: string, principal: string, resource: string, condition = ''): Policy {
  return [
    id,
    `@id("${id}")
@reason("This service runs a tool of its own.")
permit (
  ${principal},
  action == Lattice::Action::"OverrideSecurity",
  ${resource}
)${condition};`,
  ];
}

/** The policy that permits the overrides. Its id sorts last, so that its place saves no time. */
const DECIDING = permit(
  'the-one-that-matters',
  `principal == Lattice::Service::"${PRINCIPAL.namespace}/${PRINCIPAL.name}"`,
  'resource',
  ' when { resource.category == "binary" && resource has path && resource.path like "/usr/bin/*" }',
);

/** The plain set: permits for other services and other binaries, and the policy that decides. */
export function plainSet(count: number): VersionContent {
  return versionOf([
    ...numbered(count - 1, (_, id) =>
      permit(
        id,
        `principal == Lattice::Service::"production/${id}"`,
        `resource == Lattice::SecurityOverride::"allowedBinary:/opt/${id}/bin/tool"`,
      ),
    ),
    DECIDING,
  ]);
}

/** The plain set for casbin: principal, action and resource, where an asterisk stands for any rest. */
export function casbinPolicies(count: number): string {
  return [
    ...numbered(
      count - 1,
      (_, id) => `p, production/${id}, OverrideSecurity, allowedBinary:/opt/${id}/bin/tool`,
    ),
    `p, ${PRINCIPAL.namespace}/${PRINCIPAL.name}, OverrideSecurity, allowedBinary:/usr/bin/*`,
  ].join('\n');
}

/** The casbin model that decides as the plain set does: permits only, by equality or a pattern. */
export const CASBIN_MODEL = `
[request_definition]
r = sub, act, obj
[policy_definition]
p = sub, act, obj
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.act == p.act && keyMatch(r.obj, p.obj)
`;

/**
 * The mixed set, as organisations have it: permits by service, by namespace and by team, with conditions, and a fixed
 * number of guardrails that look at every request.
 */
export function mixedSet(count: number): VersionContent {
  const guardrails: Policy[] = ['privileged', 'hostPID', 'capability:SYS_ADMIN', 'seccomp:Unconfined'].map(
    (override, index) => [
      `guardrail-${index}`,
      `@id("guardrail-${index}")
forbid (principal, action, resource == Lattice::SecurityOverride::"${override}")
unless { principal.namespace like "platform-*" };`,
    ],
  );
  const others = numbered(count - guardrails.length - 1, (number, id) => {
    const namespace = `principal.namespace == "team-${number % 997}"`;
    switch (number % 4) {
      case 0:
        return permit(
          id,
          'principal',
          'resource',
          ` when { ${namespace} && resource.category == "binary" && resource has path && resource.path like "/opt/${id}/*" }`,
        );
      case 1:
        return permit(
          id,
          'principal is Lattice::Service',
          'resource',
          ` when { ${namespace} } when { ["hostNetwork", "runAsRoot"].contains(resource.override_id) && context has container && context.container == "${id}" }`,
        );
      case 2:
        return permit(
          id,
          `principal in Lattice::Team::"team-${number % 499}"`,
          `resource == Lattice::SecurityOverride::"allowedBinary:/opt/${id}/bin/tool"`,
          ' unless { context.implicit }',
        );
      default:
        return permit(
          id,
          `principal == Lattice::Service::"team-${number % 997}/${id}"`,
          'resource',
          ' when { resource.category == "capability" && principal.hasTag("tier") && principal.getTag("tier") == "batch" }',
        );
    }
  });
  return versionOf([...guardrails, ...others, DECIDING]);
}

/** A set of the size of the plain one. Sets of two numbers share no policy. */
export function rotatedSet(count: number, number: number): VersionContent {
  const content = plainSet(count);
  const policies = Object.entries(content.policies).map(
    ([id, text]): Policy => [id, text.replaceAll('a tool of its own', `tool ${number}`)],
  );
  return { ...content, policies: Object.fromEntries(policies) };
}

function numbered<T>(count: number, make: (number: number, id: string) => T): T[] {
  return Array.from({ length: count }, (_, number) =>
    make(number, `service-${String(number).padStart(5, '0')}`),
  );
}

function versionOf(policies: readonly Policy[]): VersionContent {
  return {
    format: 1,
    policies: Object.fromEntries(policies),
    schema: null,
    entities: [],
    settings: { authorizeEntrypoints: false },
    tests: [],
    message: `${policies.length} policies`,
    author: 'bench',
    // Fixed, so that the same set always has the same digest.
    createdAt: '2026-01-01T00:00:00Z',
  };
}
