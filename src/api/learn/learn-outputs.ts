/** The outputs of `POST /learn`. */
export const LEARN_OUTPUT_NAMES = [
  'json',
  'workloads',
  'json-patch',
  'permits',
  'permit-tests',
  'markdown',
] as const;

/** The name of an output of `POST /learn`. */
export type LearnOutput = (typeof LEARN_OUTPUT_NAMES)[number];

/** The media type of each output; undefined for that of the workloads that were sent. */
export const LEARN_OUTPUTS: Readonly<Record<LearnOutput, string | undefined>> = {
  json: 'application/json',
  workloads: undefined,
  'json-patch': 'application/json',
  permits: 'text/plain; charset=utf-8',
  'permit-tests': 'application/yaml',
  markdown: 'text/markdown; charset=utf-8',
};
