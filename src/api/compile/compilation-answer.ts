import { z } from 'zod';
import { labelPatch } from '../../compiler/emit/label-patch.ts';
import { type Manifest, ManifestSchema } from '../../compiler/emit/tracing-policy.ts';
import { DecisionSchema, PolicySetVersionSchema } from '../../http/decision-schema.ts';
import type { CompiledWorkload, CompileOutcome } from '../../judgement/compile-judgement.ts';
import { NoticeSchema } from '../../judgement/notice-answer.ts';
import { versionAnswer } from '../../judgement/resolve-version.ts';
import { ServiceSummarySchema, serviceSummary } from '../../judgement/service-summaries.ts';
import { kustomizeComponent } from '../../outputs/kustomize.ts';

/** The schema of the JSON answer of `POST /compile`. */
export const CompilationAnswerSchema = z
  .strictObject({
    policySet: PolicySetVersionSchema,
    services: z.array(ServiceSummarySchema).meta({ description: 'The services, in the order of the body.' }),
    manifests: z.array(ManifestSchema).meta({ description: 'The policies to apply.' }),
    decisions: z
      .array(DecisionSchema)
      .meta({ description: 'The decision for every override; all of them allow.' }),
    notices: z.array(NoticeSchema).meta({ description: 'What the caller should know.' }),
    kustomizeComponent: z
      .string()
      .optional()
      .meta({
        description:
          'A Kustomize component that adds the labels to the pod templates, when there are any to add.',
        examples: ['apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: []\n'],
      }),
  })
  .meta({
    id: 'Compilation',
    description: 'The policies of the services of a request.',
    examples: [
      {
        policySet: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        services: [],
        manifests: [],
        decisions: [],
        notices: [],
      },
    ],
  });

type CompilationAnswer = z.output<typeof CompilationAnswerSchema>;

/** The patches that add labels to the pod templates of compiled workloads. */
export function patchesOf(
  compiled: readonly CompiledWorkload[],
): NonNullable<ReturnType<typeof labelPatch>>[] {
  return compiled.flatMap(({ workload, podLabels }) => labelPatch(workload, podLabels) ?? []);
}

/** The JSON answer of `POST /compile`. */
export function compilationAnswer(
  { body, version, decisions, notices }: CompileOutcome,
  compiled: readonly CompiledWorkload[],
  manifests: readonly Manifest[],
): CompilationAnswer {
  const patches = patchesOf(compiled);
  return {
    policySet: versionAnswer(version),
    services: compiled.map((each) => serviceSummary(each, body)),
    manifests: [...manifests],
    decisions: [...decisions],
    notices: [...notices],
    ...(patches.length === 0 ? {} : { kustomizeComponent: kustomizeComponent(patches) }),
  };
}
