/** The outputs of `POST /learn`, each with the media type of its answer. */
export const LEARN_OUTPUTS = {
  json: 'application/json',
  /** The syntax of the workloads that were sent. */
  workloads: undefined,
  'json-patch': 'application/json',
  permits: 'text/plain; charset=utf-8',
  'permit-tests': 'application/yaml',
  markdown: 'text/markdown; charset=utf-8',
} as const;

/** The name of an output of `POST /learn`. */
export type LearnOutput = keyof typeof LEARN_OUTPUTS;

/** The names of the outputs. */
export const LEARN_OUTPUT_NAMES = [
  'json',
  'workloads',
  'json-patch',
  'permits',
  'permit-tests',
  'markdown',
] as const satisfies readonly LearnOutput[];
