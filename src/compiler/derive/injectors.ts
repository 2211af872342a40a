/**
 * A table of injectors: admission webhooks that add containers to pods after their workload was compiled.
 * @module
 */

/** A label or an annotation by which a pod asks for an injection. */
interface Trigger {
  readonly on: 'labels' | 'annotations';
  /** The whole key, or the start of the key when `prefix` is set. */
  readonly key: string;
  readonly prefix?: true;
  /** The values that ask for the injection. When left out, every value asks for it that is not a refusal. */
  readonly values?: readonly string[];
  /** The containers that this trigger adds, when they differ from those of the injector. */
  readonly containers?: readonly string[];
}

/** A service mesh or another injector. */
interface Injector {
  readonly name: string;
  /** The containers that it adds, by their usual names. */
  readonly containers: readonly string[];
  readonly triggers: readonly Trigger[];
  /** Keys of labels or annotations that it sets on a pod that it has changed. */
  readonly marks: readonly string[];
}

/** Values by which a pod asks for an injection. */
const TRUE = ['true', 'enabled', 'yes', 'on', '1', 'y', 't', 'True', 'TRUE'];

/** Values by which a pod declines an injection. */
const REFUSALS = ['false', 'disabled', 'no', 'off', '0', 'n', 'f', 'False', 'FALSE', ''];

function label(key: string, more: Omit<Trigger, 'on' | 'key'> = {}): Trigger {
  return { on: 'labels', key, ...more };
}

function annotation(key: string, more: Omit<Trigger, 'on' | 'key'> = {}): Trigger {
  return { on: 'annotations', key, ...more };
}

const OTEL = 'instrumentation.opentelemetry.io/inject-';
const OTEL_LANGUAGES = ['java', 'nodejs', 'python', 'dotnet', 'apache-httpd', 'nginx'];
const DATADOG = 'admission.datadoghq.com/';
const DATADOG_LANGUAGES = ['java', 'js', 'python', 'dotnet', 'ruby', 'php'];

/** The injectors, with the names, triggers and marks that the documentation of each describes. */
export const INJECTORS: readonly Injector[] = [
  {
    name: 'Istio',
    containers: ['istio-init', 'istio-proxy'],
    triggers: [
      label('sidecar.istio.io/inject', { values: TRUE }),
      annotation('sidecar.istio.io/inject', { values: TRUE }),
      label('istio.io/rev'),
    ],
    marks: ['sidecar.istio.io/status'],
  },
  {
    name: 'Linkerd',
    containers: ['linkerd-init', 'linkerd-proxy'],
    triggers: [annotation('linkerd.io/inject', { values: ['enabled', 'ingress'] })],
    marks: ['linkerd.io/proxy-version', 'linkerd.io/control-plane-ns'],
  },
  {
    name: 'Consul',
    containers: ['consul-connect-inject-init', 'consul-dataplane'],
    triggers: [annotation('consul.hashicorp.com/connect-inject', { values: TRUE })],
    marks: ['consul.hashicorp.com/connect-inject-status'],
  },
  {
    name: 'Kuma',
    containers: ['kuma-init', 'kuma-sidecar'],
    triggers: [
      label('kuma.io/sidecar-injection', { values: TRUE }),
      annotation('kuma.io/sidecar-injection', { values: TRUE }),
    ],
    marks: ['kuma.io/sidecar-injected'],
  },
  {
    name: 'AWS App Mesh',
    containers: ['proxyinit', 'envoy'],
    triggers: [annotation('appmesh.k8s.aws/sidecarInjectorWebhook', { values: TRUE })],
    marks: [],
  },
  {
    name: 'Dapr',
    containers: ['daprd'],
    triggers: [annotation('dapr.io/enabled', { values: TRUE })],
    marks: ['dapr.io/sidecar-injected'],
  },
  {
    name: 'Vault Agent',
    containers: ['vault-agent-init', 'vault-agent'],
    triggers: [annotation('vault.hashicorp.com/agent-inject', { values: TRUE })],
    marks: ['vault.hashicorp.com/agent-inject-status'],
  },
  {
    name: 'the secrets webhook of Bank-Vaults',
    containers: ['copy-vault-env'],
    triggers: [
      annotation('vault.security.banzaicloud.io/vault-addr'),
      annotation('secrets-webhook.security.bank-vaults.io/provider'),
    ],
    marks: [],
  },
  {
    name: '1Password',
    containers: ['copy-op-bin'],
    triggers: [annotation('operator.1password.io/inject')],
    marks: ['operator.1password.io/status'],
  },
  {
    name: 'Azure Workload Identity',
    containers: ['azwi-proxy-init', 'azwi-proxy'],
    triggers: [annotation('azure.workload.identity/inject-proxy-sidecar', { values: TRUE })],
    marks: [],
  },
  {
    name: 'Cloud Storage FUSE of GKE',
    containers: ['gke-gcsfuse-sidecar'],
    triggers: [annotation('gke-gcsfuse/volumes', { values: TRUE })],
    marks: [],
  },
  {
    name: 'the OpenTelemetry operator',
    containers: ['otc-container'],
    triggers: [
      annotation('sidecar.opentelemetry.io/inject'),
      ...OTEL_LANGUAGES.map((language) =>
        annotation(`${OTEL}${language}`, { containers: [`opentelemetry-auto-instrumentation-${language}`] }),
      ),
      annotation(`${OTEL}go`, { containers: ['opentelemetry-auto-instrumentation'] }),
    ],
    marks: ['sidecar.opentelemetry.io/injected'],
  },
  {
    name: 'Datadog',
    containers: ['datadog-agent-injected'],
    triggers: [
      label('agent.datadoghq.com/sidecar'),
      ...DATADOG_LANGUAGES.map((language) =>
        annotation(`${DATADOG}${language}-lib.`, {
          prefix: true,
          containers: ['datadog-init-apm-inject', `datadog-lib-${language}-init`],
        }),
      ),
    ],
    marks: [],
  },
];

/** An injection that a pod asks for. */
export interface Injection {
  /** The name of the injector, as it reads in a sentence. */
  readonly injector: string;
  /** The names of the containers that it will add. */
  readonly containers: readonly string[];
  /** The label or annotation that asks for it. */
  readonly on: 'labels' | 'annotations';
  readonly key: string;
}

/** The metadata of a pod, and the names of its containers. */
interface InjectedPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly string[];
}

/**
 * The injections that the labels and annotations of a pod ask for and that have not happened yet. The label of a
 * namespace can ask for an injection too; such labels are not known here.
 *
 * @example
 * const annotations = { 'linkerd.io/inject': 'enabled' };
 * injectionsOf({ labels: {}, annotations, containers: ['web'] }).map(({ injector }) => injector); // => ['Linkerd']
 */
export function injectionsOf(pod: InjectedPod): Injection[] {
  return INJECTORS.flatMap(({ name, containers, triggers, marks }) => {
    if (marks.some((key) => Object.hasOwn(pod.labels, key) || Object.hasOwn(pod.annotations, key))) return [];
    const asked = triggers.flatMap((trigger) => {
      const key = keyOf(trigger, pod[trigger.on]);
      return key === undefined ? [] : [{ on: trigger.on, key, containers: trigger.containers ?? containers }];
    });
    if (declines(triggers, pod)) return [];
    const [first] = asked;
    const added = [...new Set(asked.flatMap((each) => each.containers))].filter(
      (each) => !pod.containers.includes(each),
    );
    if (first === undefined || added.length === 0) return [];
    return [{ injector: name, containers: added, on: first.on, key: first.key }];
  });
}

/** The key of the label or annotation that matches a trigger; undefined when its value does not ask for the injection. */
function keyOf(
  { key, prefix, values }: Trigger,
  metadata: Readonly<Record<string, string>>,
): string | undefined {
  const found = prefix
    ? Object.keys(metadata).find((each) => each.startsWith(key))
    : Object.hasOwn(metadata, key)
      ? key
      : undefined;
  if (found === undefined) return undefined;
  const value = metadata[found] ?? '';
  return (values === undefined ? !REFUSALS.includes(value) : values.includes(value)) ? found : undefined;
}

/**
 * Whether a pod declines an injection. Injectors read only the first trigger that is set, so a later one cannot overrule
 * it.
 */
function declines(triggers: readonly Trigger[], pod: InjectedPod): boolean {
  const first = triggers.find(({ on, key, values }) => values !== undefined && Object.hasOwn(pod[on], key));
  return first !== undefined && REFUSALS.includes(pod[first.on][first.key] ?? '');
}
