import { isMapping } from '../../src/compiler/read/mapping.ts';
import type { PatchOperation } from '../../src/learn/patch/json-patches.ts';

/** A value after the operations of a JSON patch, as RFC 6902 says; only those operations that we write. */
export function patchedBy(value: unknown, operations: readonly PatchOperation[]): unknown {
  return operations.reduce(
    (current, operation) => patched(current, operation.path.split('/').slice(1).map(unescaped), operation),
    value,
  );
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function patched(value: unknown, [token, ...rest]: readonly string[], operation: PatchOperation): unknown {
  if (token === undefined) return operation.op === 'remove' ? undefined : operation.value;
  if (Array.isArray(value)) {
    if (rest.length > 0)
      return value.map((item, index) => (String(index) === token ? patched(item, rest, operation) : item));
    if (operation.op === 'add' && token === '-') return [...value, operation.value];
    throw new Error(`${operation.op} of the item ${token} is not expected.`);
  }
  if (!isMapping(value)) throw new Error(`There is no mapping that holds ${token}.`);
  const exists = Object.hasOwn(value, token);
  if (exists === (rest.length === 0 && operation.op === 'add'))
    throw new Error(`${operation.op} of ${token} goes wrong.`);
  const members = new Map(Object.entries(value));
  const changed = patched(members.get(token), rest, operation);
  if (changed === undefined) members.delete(token);
  else members.set(token, changed);
  return Object.fromEntries(members);
}
