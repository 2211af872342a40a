import type { Context } from 'hono';
import { z } from 'zod';
import { AskedOverrideSchema, PrincipalSchema, toOverrideRequest } from '../../cedar/override-question.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { toPointer } from '../../compiler/model/pointer.ts';
import { type Workload, workloadId } from '../../compiler/model/workload.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { toDecisionAnswer } from '../../http/decision-answer.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import { decideByVersion } from '../../judgement/decide-by-version.ts';
import { decideWorkloads } from '../../judgement/decide-workloads.ts';
import type { ParsedInput } from '../../judgement/parsed-input.ts';
import { readPermitted } from '../../judgement/read-by-version.ts';
import { readParsedInput } from '../../judgement/read-workload-body.ts';
import type { VersionRequest } from '../../judgement/resolve-version.ts';
import { withStoredImages } from '../../judgement/stored-images.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';

/** The schema of a body that asks about overrides without a workload. */
export const AuthorizationRequestSchema = z
  .strictObject({
    principal: PrincipalSchema,
    overrides: z
      .array(AskedOverrideSchema)
      .min(1)
      .max(LIMITS.overridesInAll)
      .meta({ description: 'What it asks for.', examples: [['allowedBinary:/usr/bin/curl', 'hostNetwork']] }),
  })
  .meta({
    id: 'AuthorizationRequest',
    description: 'Overrides to decide, without a workload.',
    examples: [
      {
        principal: { namespace: 'production', name: 'api-server' },
        overrides: ['allowedBinary:/usr/bin/curl', 'hostNetwork'],
      },
    ],
  });

/** The principals of a request, and how the overrides that they ask for are decided. */
interface Question {
  readonly principals: readonly Principal[];
  /** Decides by a version, which may know more principals in the body. */
  decideBy(
    context: Context<Environment>,
    version: ResolvedVersion,
    request: Omit<VersionRequest, 'namespaces'>,
  ): Promise<Decided>;
}

type Principal = Pick<Workload, 'namespace' | 'name'>;

/** The principals that were decided about, and the decisions. */
interface Decided {
  readonly principals: readonly Principal[];
  readonly decisions: readonly DecisionAnswer[];
}

/**
 * Reads a body of workloads, or of a bare principal and its overrides.
 *
 * @throws Problem `invalid-request`
 */
export function readQuestion(input: ParsedInput, namespace: string | undefined): Question {
  const [first] = input.documents;
  if (first !== undefined && isAlone(input) && isBare(first.value)) return readBareQuestion(first);
  const body = readParsedInput(input, { namespace });
  return {
    principals: body.workloads,
    decideBy: async (context, version, request) => {
      const read = await readPermitted(context, 'authorize', body, version, request);
      const decisions = await decideWorkloads(await withStoredImages(context, read), version);
      return { principals: read.workloads, decisions };
    },
  };
}

/** Whether a body is one document, which stands in no envelope and comes with no images. */
function isAlone({ documents, objects: [object], images, faults }: ParsedInput): boolean {
  return (
    documents.length === 1 && object?.source.path.length === 0 && images.length === 0 && faults.length === 0
  );
}

function isBare(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Object.hasOwn(value, 'kind') &&
    (Object.hasOwn(value, 'principal') || Object.hasOwn(value, 'overrides'))
  );
}

function readBareQuestion(document: SourceDocument): Question {
  const { value, locate } = readObject([document], AuthorizationRequestSchema);
  const { principal, overrides } = value;
  const asked = overrides.map((override, index) => ({
    ...toOverrideRequest(override),
    path: ['overrides', index],
  }));
  const decideBy: Question['decideBy'] = async (_, version) => {
    const decided = await decideByVersion(version, [{ principal, overrides: asked }]);
    const decisions = decided.flat().map((decision) => {
      const { path } = decision.override;
      return toDecisionAnswer(workloadId(principal), decision, {
        document: 0,
        pointer: toPointer(path),
        ...locate(path),
      });
    });
    return { principals: [principal], decisions };
  };
  return { principals: [principal], decideBy };
}
