/** Files that the bundle carries as modules (wrangler.toml, `rules`). */
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.cedarschema' {
  const text: string;
  export default text;
}
declare module '*.cedar' {
  const text: string;
  export default text;
}
