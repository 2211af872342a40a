/**
 * What kubectl applies of one document, written after its sources (the decoder of `unstructured` in apimachinery and
 * the FlattenListVisitor of cli-runtime, as of Kubernetes 1.36): a second reader to compare ours with.
 * @module
 */

type Data = Readonly<Record<string, unknown>>;

/** The objects that kubectl sends to the API server, or `refused` when it reports an error and sends nothing. */
export function kubectlApplies(document: unknown): readonly Data[] | 'refused' {
  if (!isData(document)) return 'refused';
  const decoded = decode(document);
  if (decoded === 'refused') return 'refused';
  const flat: Data[] = [];
  const queue: Data[] = [...decoded];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { items } = next;
    if (!Array.isArray(items)) {
      flat.push(next);
      continue;
    }
    if (!items.every(isData)) return 'refused';
    queue.push(...items.filter(isData));
  }
  // An item that names no kind is an error of its own; kubectl goes on with the others.
  return flat.filter(({ kind }) => typeof kind === 'string' && kind !== '');
}

/** What stands in a document with `items`, each with the kind of the list if it names none; else the document. */
function decode(document: Data): readonly Data[] | 'refused' {
  const { kind, apiVersion, items } = document;
  if (typeof kind !== 'string' || kind === '') return 'refused';
  if (!Object.hasOwn(document, 'items')) return [document];
  if (items === null) return [];
  if (!Array.isArray(items) || !items.every((item) => item === null || isData(item))) return 'refused';
  return items.map((item: unknown) => {
    const data: Data = isData(item) ? item : {};
    const silent = !isText(data.kind) && !isText(data.apiVersion);
    return silent ? { ...data, kind: kind.replace(/List$/, ''), apiVersion } : data;
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
