import type { Context } from 'hono';
import { z } from 'zod';
import type { Manifest } from '../../compiler/emit/tracing-policy.ts';
import { MANAGED_BY } from '../../compiler/model/managed-by.ts';
import { CompileOptionsSchema } from '../../compiler/model/options.ts';
import { parseValue } from '../../compiler/model/parse.ts';
import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import type { Position } from '../../compiler/read/documents.ts';
import { BODY_TYPES, jsonText, parseText, readBody } from '../../http/bodies.ts';
import type { DecisionAnswer } from '../../http/decision-answer.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { invalidRequest } from '../../http/problems.ts';
import { readQuery } from '../../http/query.ts';
import { DECISION_PROBLEMS, workloadQuery } from '../../judgement/choose-version.ts';
import { type Compilation, compileServices, type NoticeAnswer } from '../../judgement/compilation.ts';
import { readServiceObjects } from '../../judgement/read-services.ts';
import { denialMessage } from '../../outputs/findings.ts';
import { ruleOf } from '../../outputs/rules.ts';
import { canonicalJson } from '../../policy-sets/canonical.ts';
import { type EditedItem, editResourceList } from './resource-list-yaml.ts';

const KrmQuerySchema = CompileOptionsSchema.extend(workloadQuery);

const ResultSchema = z
  .strictObject({
    message: z.string().meta({
      description: 'What happened.',
      examples: ['hostPID is denied for monitoring/node-exporter: no policy permits it.'],
    }),
    severity: z
      .enum(['error', 'warning', 'info'])
      .meta({ description: '`error`: an override is denied.', examples: ['error'] }),
    resourceRef: z
      .strictObject({
        apiVersion: z.string().meta({ description: 'Its apiVersion.', examples: ['apps/v1'] }),
        kind: z.string().meta({ description: 'Its kind.', examples: ['DaemonSet'] }),
        name: z.string().meta({ description: 'Its name.', examples: ['node-exporter'] }),
        namespace: z
          .string()
          .optional()
          .meta({ description: 'Its namespace.', examples: ['monitoring'] }),
      })
      .optional()
      .meta({ description: 'The object that it is about.' }),
    field: z
      .strictObject({
        path: z
          .string()
          .meta({ description: 'Its place in the object.', examples: ['spec.template.spec.hostPID'] }),
      })
      .optional()
      .meta({ description: 'The value that it is about.' }),
    file: z
      .strictObject({
        path: z.string().meta({ description: 'The file.', examples: ['node-exporter.yaml'] }),
        index: z
          .int()
          .optional()
          .meta({ description: 'The document in it, from 0.', examples: [0] }),
      })
      .optional()
      .meta({ description: 'Where the object comes from, as its annotations say.' }),
    tags: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'The rule and the workload.', examples: [{ rule: 'hostPID' }] }),
  })
  .meta({
    id: 'KrmResult',
    description: 'A denial or a notice (KRM Functions Specification, Result).',
    examples: [
      { message: 'hostPID is denied for monitoring/node-exporter: no policy permits it.', severity: 'error' },
    ],
  });
type Result = z.output<typeof ResultSchema>;

const ResourceListSchema = z
  .looseObject({
    apiVersion: z
      .enum(['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1', 'config.kubernetes.io/v1alpha1'])
      .meta({
        description: 'The version of the protocol.',
        examples: ['config.kubernetes.io/v1'],
      }),
    kind: z.literal('ResourceList').meta({ description: 'The kind.', examples: ['ResourceList'] }),
    items: z
      .array(z.looseObject({}))
      .nullable()
      .default([])
      .meta({ description: 'The objects of the package.', examples: [[]] }),
    functionConfig: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({
        description:
          'The options of `/compile`: the `data` of a ConfigMap, or the `spec` of any other object.',
        examples: [{ apiVersion: 'v1', kind: 'ConfigMap', data: { layout: 'merged' } }],
      }),
    results: z.array(ResultSchema).optional().meta({ description: 'Denials and notices.' }),
  })
  .meta({
    id: 'ResourceList',
    description: 'What KRM functions take and return (KRM Functions Specification v1).',
    examples: [{ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] }],
  });
/** What a function is sent: results of functions before it are none of ours. */
const InputSchema = ResourceListSchema.extend({ results: z.unknown().optional() });

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
    handle: async (context) => {
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
      const services = readServiceObjects(
        items.flatMap((value, index) =>
          isOurs(value) ? [] : [{ value, source: { document: 0, path: ['items', index] } }],
        ),
        (_, path) => locate(path),
        { namespace },
      );
      const compilation = await compileServices(context, services, {
        policySet,
        version: reference,
        options,
        namespace,
      });
      const edited =
        compilation.permitted === undefined
          ? items.map((_, index): EditedItem => ({ kept: index }))
          : place(items, compilation.permitted.manifests, locate);
      const results = resultsOf(compilation, items);
      const body =
        syntax === 'json'
          ? jsonText({
              ...list,
              items: edited.map((item) => ('kept' in item ? items[item.kept] : item.added)),
              results: results.length === 0 ? undefined : results,
            })
          : editResourceList(text, edited, results);
      const { name, version, digest } = compilation.version;
      return new Response(body, {
        headers: {
          'content-type': `application/${syntax}`,
          'cache-control': 'no-store',
          'tracewright-policy-set': `${name}; version=${version}; digest="${digest}"`,
          // For scripts, which should not have to read the results to know whether to fail.
          'tracewright-denials': String(results.filter(({ severity }) => severity === 'error').length),
        },
      });
    },
  });
}

/** A number that JSON readers round would not come back as it was. @throws Problem `invalid-request` */
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

const ConfigSchema = z.looseObject({
  data: z.record(z.string(), z.string()).nullable().optional(),
  spec: z
    .record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())]))
    .nullable()
    .optional(),
});

/** The options of a run: those of the query, and those of the functionConfig. @throws Problem `invalid-request` */
function readOptions(context: Context<Environment>, config: unknown): z.output<typeof KrmQuerySchema> {
  const url = new URL(context.req.url);
  const parsed = parseValue(ConfigSchema, config ?? {});
  if (!parsed.ok) {
    throw invalidRequest(
      parsed.issues.map(({ path, message }) => ({
        message,
        document: 0,
        pointer: `/functionConfig/${path.join('/')}`,
      })),
    );
  }
  for (const [name, value] of Object.entries({ ...parsed.data.data, ...parsed.data.spec })) {
    // A parameter that is given twice is refused when the query is read.
    url.searchParams.append(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return readQuery(url.href, KrmQuerySchema);
}

const MetadataSchema = z.looseObject({
  name: z.string().optional(),
  namespace: z.string().nullable().optional(),
  labels: z.record(z.string(), z.string()).nullable().optional(),
  annotations: z.record(z.string(), z.string()).nullable().optional(),
});
const ObjectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: MetadataSchema });
type KubernetesObject = z.output<typeof ObjectSchema>;

function objectOf(value: unknown): KubernetesObject | undefined {
  const parsed = ObjectSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const [MANAGED_LABEL, MANAGED_VALUE] = Object.entries(MANAGED_BY)[0] ?? ['', ''];

/** Whether an object is a policy that an earlier run added. The baseline has no policy set: it stays. */
function isOurs(value: unknown): boolean {
  const { apiVersion, kind, metadata } = objectOf(value) ?? {};
  return (
    apiVersion === 'cilium.io/v1alpha1' &&
    (kind === 'TracingPolicy' || kind === 'TracingPolicyNamespaced') &&
    metadata?.labels?.[MANAGED_LABEL] === MANAGED_VALUE &&
    metadata.annotations?.['lattice.dev/policy-set'] !== undefined
  );
}

function keyOf({
  kind,
  metadata,
}: {
  kind: string;
  metadata: { name?: string | undefined; namespace?: string | null | undefined };
}): string {
  return `${kind}\n${metadata.namespace ?? ''}\n${metadata.name ?? ''}`;
}

/** Puts policies among the items: those of an earlier run are replaced where they stand, or removed. */
function place(
  items: readonly unknown[],
  manifests: readonly Manifest[],
  locate: (path: Path) => Position | undefined,
): EditedItem[] {
  refuseClashes(items, manifests, locate);
  const wanted = new Map(manifests.map((manifest) => [keyOf(manifest), manifest]));
  const edited = items.flatMap((item, index): EditedItem[] => {
    const object = isOurs(item) ? objectOf(item) : undefined;
    if (object === undefined) return [{ kept: index }];
    const manifest = wanted.get(keyOf(object));
    // A second one of the same name goes too.
    wanted.delete(keyOf(object));
    if (manifest === undefined) return [];
    const added = withToolAnnotations(manifest, object.metadata.annotations ?? {});
    return [canonicalJson(added) === canonicalJson(item) ? { kept: index } : { added }];
  });
  return [...edited, ...[...wanted.values()].map((added) => ({ added }))];
}

/** A policy of somebody else would take the place of one of ours. @throws Problem `invalid-request` */
function refuseClashes(
  items: readonly unknown[],
  manifests: readonly Manifest[],
  locate: (path: Path) => Position | undefined,
): void {
  const faults = items.flatMap((item, index) => {
    const { apiVersion, kind, metadata } = objectOf(item) ?? {};
    if (apiVersion?.startsWith('cilium.io/') !== true || isOurs(item)) return [];
    const clashes = manifests.some(
      (manifest) =>
        manifest.kind === kind &&
        manifest.metadata.name === metadata?.name &&
        (manifest.kind === 'TracingPolicy' ||
          manifest.metadata.namespace === (metadata.namespace || manifest.metadata.namespace)),
    );
    const path = ['items', index, 'metadata', 'name'];
    const message = `This ${kind} has the name of a policy that this run adds, and would take its place. Give it another name.`;
    return clashes ? [{ message, document: 0, pointer: toPointer(path), ...locate(path) }] : [];
  });
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Tools note in annotations which file an object belongs to: without them it would move. */
function withToolAnnotations(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  const kept = Object.entries(annotations).filter(([key]) =>
    /^(internal\.)?config\.(k8s|kubernetes)\.io\//.test(key),
  );
  const merged = { annotations: { ...Object.fromEntries(kept), ...manifest.metadata.annotations } };
  return manifest.kind === 'TracingPolicy'
    ? { ...manifest, metadata: { ...manifest.metadata, ...merged } }
    : { ...manifest, metadata: { ...manifest.metadata, ...merged } };
}

function resultsOf({ decisions, notices, permitted }: Compilation, items: readonly unknown[]): Result[] {
  const denials = permitted === undefined ? decisions.filter(({ decision }) => decision === 'deny') : [];
  return [
    ...denials.map((denial) => ({
      message: denialMessage(denial),
      severity: 'error' as const,
      ...resultPlace(denial, items),
      tags: { rule: ruleOf(denial.override), service: denial.service },
    })),
    ...notices
      // A package is full of other objects: that they pass is no news.
      .filter(({ code }) => code !== 'PassedThrough')
      .map((notice) => ({
        message: notice.message,
        severity: notice.level === 'warning' ? ('warning' as const) : ('info' as const),
        ...resultPlace(notice, items),
        tags: { rule: notice.code, service: notice.service },
      })),
  ];
}

/** The object, field and file that a decision or notice is about; its pointer starts at the ResourceList. */
function resultPlace(
  { pointer }: Pick<DecisionAnswer | NoticeAnswer, 'pointer'>,
  items: readonly unknown[],
): Pick<Result, 'resourceRef' | 'field' | 'file'> {
  const [, , index, ...steps] = (pointer ?? '')
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const object = objectOf(items[Number(index)]);
  if (object === undefined) return {};
  const { apiVersion, kind, metadata } = object;
  const { annotations } = metadata;
  const file =
    annotations?.['internal.config.kubernetes.io/path'] ?? annotations?.['config.kubernetes.io/path'];
  const at =
    annotations?.['internal.config.kubernetes.io/index'] ?? annotations?.['config.kubernetes.io/index'];
  return {
    resourceRef: {
      apiVersion,
      kind,
      name: metadata.name ?? '',
      ...(metadata.namespace == null ? {} : { namespace: metadata.namespace }),
    },
    ...(steps.length === 0 ? {} : { field: { path: fieldPath(steps) } }),
    ...(file === undefined
      ? {}
      : { file: { path: file, ...(at !== undefined && /^\d{1,9}$/.test(at) ? { index: Number(at) } : {}) } }),
  };
}

/** A place as the specification of KRM functions writes it: `spec.template.spec.containers[0].image`. */
function fieldPath(steps: Path): string {
  return steps
    .map((step, index) => {
      const text = String(step);
      if (/^\d+$/.test(text)) return `[${text}]`;
      if (!/^[\w-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join('');
}
