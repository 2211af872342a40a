/** Where the members of each mapping and the items of each list begin in the text, by the key or the index. */
export type Offsets = WeakMap<object, Map<string | number, number>>;
