import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import type { ReportInput } from './findings.ts';
import { toJunit } from './junit.ts';
import { toMarkdown } from './markdown.ts';
import { toSarif } from './sarif.ts';
import { STREAMS } from './streams.ts';
import { toWorkflowAnnotations } from './workflow-annotations.ts';

interface Format {
  /** The media types by which clients ask for it. The answer has the one asked for, or else the first. */
  readonly types: readonly [string, ...string[]];
  readonly description: string;
  readonly example: string;
}

/** The outputs that report denials too, and how each is written. */
export const REPORTS = {
  sarif: {
    types: ['application/sarif+json'],
    description: 'SARIF 2.1.0: denials and notices at their lines.',
    example: '{"version":"2.1.0","runs":[]}',
    write: toSarif,
  },
  junit: {
    types: ['application/junit+xml', 'application/xml', 'text/xml'],
    description: 'JUnit XML: a suite for each service, a case for each override.',
    example: '<testsuites name="tracewright" tests="1" failures="0" errors="0"></testsuites>',
    write: toJunit,
  },
  github: {
    types: ['text/plain'],
    description: 'GitHub workflow commands, to be printed in a step.',
    example: '::error file=web.yaml,line=14,col=15,title=Linux capability::capability:NET_ADMIN is denied',
    write: toWorkflowAnnotations,
  },
  markdown: {
    types: ['text/markdown'],
    description: 'A Markdown summary, for the comment on a pull request.',
    example: '<!-- tracewright -->\n## ✅ Tracewright: permitted, 4 policies\n',
    write: toMarkdown,
  },
} as const satisfies Record<string, Format & { write: (input: ReportInput) => string }>;

/** The outputs of `/compile`, and the media types of each. */
const TYPES = {
  json: ['application/json'],
  yaml: ['application/yaml'],
  attestation: ['application/vnd.in-toto+json'],
  kustomize: ['application/vnd.kustomize+yaml'],
  ndjson: ['application/x-ndjson'],
  'yaml-seq': ['application/yaml-seq'],
  sarif: REPORTS.sarif.types,
  junit: REPORTS.junit.types,
  github: REPORTS.github.types,
  markdown: REPORTS.markdown.types,
} as const;
/** The name of an output, as the query parameter `output` has it. */
/** The name of an output of `/compile`. */
export type Output = keyof typeof TYPES;

const OUTPUTS = z.enum([
  'json',
  'yaml',
  'sarif',
  'junit',
  'github',
  'markdown',
  'kustomize',
  'attestation',
  'ndjson',
  'yaml-seq',
]);

/** The query parameters that choose the output. */
export const outputQuery = {
  output: OUTPUTS.optional().meta({
    description:
      'What the answer is, whatever `Accept` says. `kustomize`: the component with the pod labels that `layout=shared` needs. `ndjson` and `yaml-seq` are written service by service.',
    examples: ['sarif'],
  }),
  attest: z
    .boolean()
    .default(false)
    .meta({
      description: 'True: the answer is the signed attestation, as with `output=attestation`.',
      examples: [false],
    }),
  path: z
    .string()
    .min(1)
    .max(1_024)
    .refine((path) => !/\p{C}/u.test(path), 'Expected a path without control characters.')
    .optional()
    .meta({ description: 'The file that the body comes from, for reports.', examples: ['deploy/web.yaml'] }),
};

/** Chooses the output and its media type: by the parameter, else by `Accept`, else JSON. */
export function chooseOutput(
  context: Context,
  asked: Output | undefined,
): { readonly output: Output; readonly type: string } {
  if (asked !== undefined) return { output: asked, type: typeName(TYPES[asked][0]) };
  const type = accepts(context, {
    header: 'Accept',
    supports: Object.values(TYPES).flat(),
    default: 'application/json',
  });
  const output = OUTPUTS.options.find((each) => TYPES[each].some((known) => known === type)) ?? 'json';
  return { output, type: typeName(type) };
}

/** Adds the charset to media types of text, which otherwise have a default that is not UTF-8. */
function typeName(type: string): string {
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** The content of reports, for the OpenAPI document. */
export function reportContent(): Record<string, { readonly schema: z.ZodType }> {
  return textContent(Object.values(REPORTS).map((report) => [report.types[0], report]));
}

/** The content of streamed outputs, for the OpenAPI document. */
export function streamContent(): Record<string, { readonly schema: z.ZodType }> {
  return textContent([
    [TYPES.ndjson[0], STREAMS.ndjson],
    [TYPES['yaml-seq'][0], STREAMS['yaml-seq']],
  ]);
}

function textContent(
  formats: readonly (readonly [type: string, Pick<Format, 'description' | 'example'>])[],
): Record<string, { readonly schema: z.ZodType }> {
  return Object.fromEntries(
    formats.map(([type, { description, example }]) => [
      type,
      { schema: z.string().meta({ description, examples: [example] }) },
    ]),
  );
}
