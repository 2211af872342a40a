import type { Caller } from './cedar/caller.ts';
import { basisOf } from './cedar/slicing/basis.ts';
import { type PolicyTerms, VARIABLES } from './cedar/slicing/policy-terms.ts';
import { manifestYaml } from './compiler/emit/manifest-yaml.ts';
import { DEFAULT_OPTIONS } from './compiler/model/options.ts';
import { compactJson } from './http/answers.ts';
import type { App } from './http/openapi.ts';
import { readText } from './http/read-body.ts';
import type { Isolate } from './isolate.ts';
import { compileJudgement } from './judgement/compile-judgement.ts';
import { decideWorkloads } from './judgement/decide-workloads.ts';
import { readWorkloadBody } from './judgement/read-workload-body.ts';

const CALLER: Caller = {
  kind: 'local',
  issuer: 'local',
  subject: 'nobody',
  scopes: ['compile'],
  groups: [],
  claims: { a: 'b' },
};

const SERVICE = `
apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata: {name: warm-up, namespace: none}
spec:
  workload:
    containers:
      - name: app
        image: app:1
        securityContext:
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          capabilities: {drop: [ALL]}
          allowedBinaries: [/bin/app]
`;

const POLICY = `@id("warm-up")
permit (principal in Lattice::Namespace::"none", action == Lattice::Action::"OverrideSecurity", resource)
when { resource.category == "binary" && resource.path like "/bin/*" && principal.labels.contains({key: "a", value: "b"}) }
unless { context has container && context.container == "other" };`;

/**
 * Nothing is known of the policy before Cedar is asked: requests read what is known from where it is stored, so a start
 * need not have Cedar find it out.
 */
const UNKNOWN: PolicyTerms = {
  effect: 'permit',
  annotations: {},
  tests: [],
  rest: { variables: VARIABLES, names: [] },
};

/**
 * Decides about a made-up caller and service, and compiles the service. V8 compiles functions when they are first
 * called, and for those of Cedar that takes longer than thousands of decisions. An isolate does it when it starts, so
 * that no request waits for it.
 */
export async function warmUp(app: App, { access, cedar }: Isolate): Promise<void> {
  try {
    app.router.match('POST', '/compile');
    await access.decide(access.builtInPolicies(), CALLER, {
      action: 'compile',
      policySet: 'default',
      namespace: 'none',
      reference: 'active',
    });
    const version = {
      name: 'warm-up',
      version: 1,
      digest: '',
      basis: basisOf(cedar, { 'warm-up': POLICY }, [], new Map([['warm-up', UNKNOWN]])),
      settings: { authorizeEntrypoints: false },
    };
    const yaml = readText(SERVICE, 'application/yaml');
    const json = readText(JSON.stringify(yaml[0]?.value), 'application/json');
    for (const body of [readWorkloadBody(yaml), readWorkloadBody(json)]) {
      const decisions = await decideWorkloads(body, version);
      const { permitted } = compileJudgement({ body, version, decisions, permitted: true }, DEFAULT_OPTIONS);
      manifestYaml(permitted?.manifests ?? []);
      compactJson(permitted);
    }
  } catch (error) {
    // An error here must not keep the Worker from starting. `/readyz` tells when Cedar does not work.
    console.error(JSON.stringify({ event: 'warm-up-failed', error: String(error) }));
  }
}
