/** A policy by its id. */
export type Policy = readonly [id: string, text: string];

/** Writes a permit for overrides. */
export function permit(id: string, principal: string, resource: string, condition = ''): Policy {
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

/** Writes a prohibition of one override, with the condition that exempts from it. */
export function forbid(id: string, override: string, exemption: string): Policy {
  return [
    id,
    `@id("${id}")
@reason("The platform team decides about ${override}.")
forbid (
  principal,
  action == Lattice::Action::"OverrideSecurity",
  resource == Lattice::SecurityOverride::"${override}"
) unless { ${exemption} };`,
  ];
}

/** Makes so many policies, each from its number and an id such as `policy-00001`. */
export function numbered(count: number, make: (number: number, id: string) => Policy): Policy[] {
  return Array.from({ length: count }, (_, number) =>
    make(number, `policy-${String(number).padStart(5, '0')}`),
  );
}
