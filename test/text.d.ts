declare module '*?raw' {
  const text: string;
  export default text;
}

interface ImportMeta {
  /** Vite's: modules by path. */
  glob(pattern: string, options: { query: string; import: string; eager: true }): Record<string, unknown>;
}
