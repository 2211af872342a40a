import type { VersionContent } from '../src/policy-sets/model.ts';

/** The workload of `examples/api-server.yaml`, which every request of the benchmark speaks of. */
export const PRINCIPAL = { namespace: 'production', name: 'api-server' } as const;

/**
 * A version of `count` policies: permits of other services for other binaries, as a set grows in practice,
 * and one that permits what we ask for. That one sorts last, so that its place saves nothing.
 */
export function versionOf(count: number): VersionContent {
  const others = Array.from({ length: count - 1 }, (_, index): [string, string] => {
    const id = `service-${String(index).padStart(5, '0')}`;
    return [
      id,
      `@id("${id}")
@reason("This service runs a tool of its own.")
permit (
  principal == Lattice::Service::"production/${id}",
  action == Lattice::Action::"OverrideSecurity",
  resource == Lattice::SecurityOverride::"allowedBinary:/opt/${id}/bin/tool"
);`,
    ];
  });
  const { namespace, name } = PRINCIPAL;
  const deciding = `@id("the-one-that-matters")
@reason("The API server may run binaries that it names.")
permit (
  principal == Lattice::Service::"${namespace}/${name}",
  action == Lattice::Action::"OverrideSecurity",
  resource
) when { resource.category == "binary" && resource.override_id != "allowedBinary:*" };`;
  return {
    format: 1,
    policies: Object.fromEntries([...others, ['the-one-that-matters', deciding]]),
    schema: null,
    entities: [],
    settings: { authorizeEntrypoints: false },
    tests: [],
    message: `${count} policies`,
    author: 'bench',
    // Fixed, so that the same count always has the same digest.
    createdAt: '2026-01-01T00:00:00Z',
  };
}
