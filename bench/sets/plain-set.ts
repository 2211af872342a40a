import type { OverrideRequest, Principal } from '../../src/cedar/override-question.ts';
import type { VersionContent } from '../../src/policy-sets/version-schemas.ts';
import { numbered, type Policy, permit } from './policy-text.ts';

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

/** A set of the size of the plain one. Sets of two numbers share no policy. */
export function rotatedSet(count: number, number: number): VersionContent {
  const content = plainSet(count);
  const policies = Object.entries(content.policies).map(
    ([id, text]): Policy => [id, text.replaceAll('a tool of its own', `tool ${number}`)],
  );
  return { ...content, policies: Object.fromEntries(policies) };
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
