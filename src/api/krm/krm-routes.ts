import type { Context } from 'hono';
import { z } from 'zod';
import { jsonText } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { invalidRequest } from '../../http/problems.ts';
import { BODY_TYPES, parseText, readBody } from '../../http/read-body.ts';
import { judgeAndCompile } from '../../judgement/compile-judgement.ts';
import { readWorkloadBodyObjects } from '../../judgement/read-workload-body.ts';
import { versionHeader } from '../../judgement/resolve-version.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { KrmQuerySchema, readOptions } from './krm-options.ts';
import { isOurs } from './package-object.ts';
import { placePolicies } from './place-policies.ts';
import { InputSchema, ResourceListSchema } from './resource-list.ts';
import { type EditedItem, editResourceList } from './resource-list-yaml.ts';
import { resultsOf } from './results.ts';

/** `POST /krm` */
export function krmRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/krm',
    operationId: 'runKrmFunction',
    tag: 'Integrations',
    summary: 'Run as a KRM function',
    description:
      'Takes a ResourceList and returns it with the policies of its workloads: added, replaced, or removed when they are no longer needed, so that a second run changes nothing. When an override is denied the items are returned as they were, and `results` has an error for each denial: a function that runs this must then fail.',
    query: KrmQuerySchema,
    body: { schema: ResourceListSchema, description: 'A ResourceList. The answer is YAML if it was.' },
    answer: {
      description: 'The ResourceList.',
      content: {
        'application/json': { schema: ResourceListSchema },
        'application/yaml': {
          schema: z.string().meta({
            description: 'The same as YAML: what was not changed is as it was written.',
            examples: ['apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n'],
          }),
        },
      },
    },
    access: askedInBody('compile'),
    problems: [...DECISION_PROBLEMS, 'option-forbidden'],
    handle: runFunction,
  });
}

/** Compiles the workloads of a ResourceList, and returns the list with their policies and the results. */
async function runFunction(context: Context<Environment>): Promise<Response> {
  const { text, type } = await readBody(context.req.raw, BODY_TYPES);
  const { syntax, documents } = parseText(text, type);
  const { value: list, locate } = readObject(documents, InputSchema);
  const items = list.items ?? [];
  if (syntax === 'json') refuseHugeNumbers(items);
  const {
    policySet,
    version: reference,
    namespace,
    ...options
  } = readOptions(context, list.functionConfig ?? undefined);
  const workloads = readWorkloadBodyObjects(
    items.flatMap((value, index) =>
      isOurs(value) ? [] : [{ value, source: { document: 0, path: ['items', index] } }],
    ),
    (_, path) => locate(path),
    { namespace },
  );
  const compilation = await judgeAndCompile(context, workloads, {
    policySet,
    version: reference,
    options,
    namespace,
  });
  const edited =
    compilation.permitted === undefined
      ? items.map((_, index): EditedItem => ({ kept: index }))
      : placePolicies(items, compilation.permitted.manifests, locate);
  const results = resultsOf(compilation, items);
  const body =
    syntax === 'json'
      ? jsonText({
          ...list,
          items: edited.map((item) => ('kept' in item ? items[item.kept] : item.added)),
          results: results.length === 0 ? undefined : results,
        })
      : editResourceList(text, edited, results);
  return new Response(body, {
    headers: {
      'content-type': `application/${syntax}`,
      'cache-control': 'no-store',
      'tracewright-policy-set': versionHeader(compilation.version),
      // A script can fail on this header without reading the results.
      'tracewright-denials': String(results.filter(({ severity }) => severity === 'error').length),
    },
  });
}

/** Refuses numbers that JSON readers round, because the answer would not repeat them exactly. @throws Problem `invalid-request` */
function refuseHugeNumbers(value: unknown): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw invalidRequest([
      {
        message: `A number as large as ${value} is not kept exactly in JSON: send the list as YAML.`,
        document: 0,
      },
    ]);
  }
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(refuseHugeNumbers);
}
