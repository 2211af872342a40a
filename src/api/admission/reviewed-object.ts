import { z } from 'zod';
import { isReadAnnotation } from '../../compiler/read/kubernetes/annotations.ts';
import type { SourceObject } from '../../compiler/read/lists.ts';
import { isMapping, member } from '../../compiler/read/mapping.ts';
import { canonicalJson } from '../../policy-sets/canonical.ts';
import type { AdmissionRequest } from './review.ts';

/** The field of one of the two objects of a review. */
export type ObjectKey = 'object' | 'oldObject';

const MetadataSchema = z.looseObject({
  name: z.unknown().optional(),
  generateName: z.unknown().optional(),
});

/** The suffix that the API server adds to generateName. */
const GENERATED = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** The characters of generateName that the API server keeps before the suffix. */
const GENERATED_BASE = 58;

/**
 * An object of a review under the name by which CI decides about it. An object may lack its name, which the review
 * states then; and where a name was generated, CI knows only generateName.
 */
export function objectsOf(request: AdmissionRequest, key: ObjectKey): SourceObject[] {
  const value = request[key];
  if (value == null) return [];
  const source = { document: 0, path: ['request', key] };
  const parsed = MetadataSchema.safeParse(value.metadata ?? {});
  if (!parsed.success) return [{ value, source }];
  const { name = undefined, ...metadata } = parsed.data;
  const { generateName } = metadata;
  if (isGenerated(name, generateName)) return [{ value: { ...value, metadata }, source }];
  if (name != null || generateName != null || !request.name) return [{ value, source }];
  return [{ value: { ...value, metadata: { ...metadata, name: request.name } }, source }];
}

function isGenerated(name: unknown, generateName: unknown): boolean {
  if (typeof name !== 'string' || typeof generateName !== 'string') return false;
  const base = generateName.slice(0, GENERATED_BASE);
  return base !== '' && name.startsWith(base) && GENERATED.test(name.slice(base.length));
}

/**
 * Whether a change leaves everything alone by which a workload asks for overrides: the spec of its pods, and the
 * annotations that are read. The replicas, other annotations, owners and finalizers may change.
 */
export function asksForTheSame({ object, oldObject }: Pick<AdmissionRequest, ObjectKey>): boolean {
  return canonicalJson(askedBy(object)) === canonicalJson(askedBy(oldObject));
}

function askedBy(object: unknown): unknown {
  const { replicas: _, ...spec } = record(member(object, 'spec'));
  const job = member(member(spec, 'jobTemplate'), 'spec');
  // Both places count for every built-in kind, so that a field that is no template cannot hide one that is. Other kinds
  // have their pods anywhere.
  const templates = isBuiltIn(object)
    ? [member(job, 'template'), member(spec, 'template')].filter((each) => each != null)
    : [];
  return [
    member(object, 'apiVersion') ?? null,
    member(object, 'kind') ?? null,
    readAnnotations(object),
    ...(templates.length === 0
      ? [spec, member(object, 'template') ?? null]
      : [
          member(spec, 'selector') ?? null,
          ...templates.map((each) => [member(each, 'spec') ?? null, readAnnotations(each)]),
        ]),
  ];
}

/** Whether an object is of a kind of Kubernetes itself. */
function isBuiltIn(object: unknown): boolean {
  return ['v1', 'apps/v1', 'batch/v1'].some((known) => known === member(object, 'apiVersion'));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  // What is no mapping differs from every mapping, and from other such values.
  return isMapping(value) ? value : { '': value ?? null };
}

function readAnnotations(object: unknown): unknown {
  const annotations = member(member(object, 'metadata'), 'annotations');
  if (!isMapping(annotations)) return {};
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => isReadAnnotation(key)));
}

/** Metadata that the API server sets anew each time, and that no decision depends on. */
const INCIDENTAL = ['uid', 'creationTimestamp', 'managedFields', 'resourceVersion', 'generation'];

/** The parts of a review that its judgement depends on. Two reviews with the same parts have the same answer. */
export function essenceOf(request: AdmissionRequest): unknown {
  const essence = (key: ObjectKey): unknown =>
    objectsOf(request, key).map(({ value }) => {
      const metadata = member(value, 'metadata');
      if (!isMapping(value) || !isMapping(metadata)) return value;
      // The status of other kinds is not always set by their controllers alone, so it may be read.
      const rest = isBuiltIn(value) ? { ...value, status: undefined } : value;
      const kept = Object.entries(metadata).filter(([field]) => !INCIDENTAL.includes(field));
      return { ...rest, metadata: Object.fromEntries(kept) };
    });
  const { operation, namespace, name, userInfo } = request;
  const user = userInfo?.username ?? null;
  // The name is part of the object, unless the review has no object.
  const named = objectsOf(request, 'object').length === 0 ? (name ?? null) : null;
  return [operation, namespace ?? null, named, user, essence('object'), essence('oldObject')];
}
