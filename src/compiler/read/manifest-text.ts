/**
 * Texts in an object that are manifests themselves, or are filled in later: Argo Workflows create the object of a
 * text, and others patch pods by one. The search is for lines and keys, so that its cost is that of reading the text
 * once; a text of a kind that we do not know is never parsed.
 * @module
 */

/** The shortest text that can describe a container. */
const SHORTEST = 20;

/** Words without which nothing is found below. One search for them is cheap, and few texts have any. */
const WORDS = /containers|podSpecPatch|hostNetwork|hostPID|hostIPC|shareProcess|privilege/i;

/**
 * Where a key begins: in a line of YAML, after the opening or the comma of a mapping, or at the start of a text within.
 * Quotes may be escaped.
 */
const KEY = String.raw`(?:(?:^|\\n)[ \t]*(?:-[ \t]+)*|[{,]\s*|:[ \t]*\\*["'])\\*["']?`;
const END = String.raw`\\*["']?[ \t]*:`;

const CONTAINERS = new RegExp(`${KEY}(?:(?:[a-z]+[-_]?)?containers|podSpecPatch)${END}`, 'im');
const DETAIL = new RegExp(`${KEY}(?:image|command|args|name|securityContext)${END}`, 'im');
const RELAXED = new RegExp(
  String.raw`${KEY}(?:hostNetwork|hostPID|hostIPC|shareProcessNamespace|privileged|allowPrivilegeEscalation)${END}\s*\\*["']?true`,
  'im',
);

/**
 * Whether a text holds what the manifest of a workload or a patch of one has, as YAML or as JSON.
 *
 * @example
 * holdsManifest('spec:\n  containers:\n  - image: web:1'); // => true
 * holdsManifest('{"spec": {"hostNetwork": true}}'); // => true
 * holdsManifest('The containers of this pod restart too often.'); // => false
 */
export function holdsManifest(text: string): boolean {
  if (text.length < SHORTEST || !WORDS.test(text)) return false;
  return (CONTAINERS.test(text) && DETAIL.test(text)) || RELAXED.test(text);
}

/** Whether a text is to be filled in by a template: `{{ … }}`, `${…}`, `$(…)` or `<% … %>`. */
export function isTemplated(text: string): boolean {
  return /\{\{|\$\{|\$\(|<%/.test(text);
}
