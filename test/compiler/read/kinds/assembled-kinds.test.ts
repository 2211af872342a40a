import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects } from '../../../../src/compiler/index.ts';
import { toPointer } from '../../../../src/compiler/model/pointer.ts';
import { parseDocuments } from '../../../../src/compiler/read/documents.ts';

/** What is read of an object, in words: a line for each workload with what it asks for, and one for each fault. */
function read(value: unknown): string[] {
  const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
  if (!read.ok) return read.faults.map(({ path, message }) => `${toPointer(path)}: ${message}`);
  return read.workloads.map((workload) => {
    const { matchLabels = {} } = workload.podSelector ?? {};
    const asked = securityOverrides(workload, { authorizeEntrypoints: false });
    return [
      `${workload.kind} ${workload.namespace}/${workload.name}`,
      ...workload.containers.map(({ name, command }) => `[${name} ${command ?? '?'}]`),
      workload.unenforced ??
        Object.entries(matchLabels)
          .map((label) => label.join('='))
          .join(),
      ...asked.map(({ id, container, path }) => `${container ?? 'pod'}:${id}@${toPointer(path)}`),
    ].join(' ');
  });
}

/** The object of a fixture. */
function fixture(name: string): unknown {
  const parsed = parseDocuments(readFileSync(`test/fixtures/kinds/${name}.yaml`, 'utf8'), 'yaml');
  if (!parsed.ok) throw new Error(`${name} is not YAML`);
  return parsed.documents[0]?.value;
}

/** A copy of a value with another one at a place, which is made where it is absent; `+` is a new item of a list. */
function withValue(value: unknown, path: string, other: unknown): unknown {
  const [step, ...rest] = path.split('.').filter((each) => each !== '');
  if (step === undefined) return other;
  if (/^(\d+|\+)$/.test(step)) {
    const list: unknown[] = Array.isArray(value) ? [...value] : [];
    const index = step === '+' ? list.length : Number(step);
    list[index] = withValue(list[index], rest.join('.'), other);
    return list;
  }
  const mapping: Record<string, unknown> =
    typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  return { ...mapping, [step]: withValue(mapping[step], rest.join('.'), other) };
}

describe('an object of a kind whose pods are put together', () => {
  test.each<[string, string[]]>([
    [
      'workflow',
      [
        'workflow.argoproj.io shop/nightly-report-collect [main /usr/bin/collect] team=insight,step=collect,workflows.argoproj.io/workflow=nightly-report',
        'workflow.argoproj.io shop/nightly-report-render [main /usr/bin/render] team=insight,step=render,workflows.argoproj.io/workflow=nightly-report',
      ],
    ],
    [
      'cronworkflow',
      ['cronworkflow.argoproj.io shop/nightly-sweep-sweep [main /usr/bin/sweep] app=nightly-sweep'],
    ],
    [
      'workflowtemplate',
      [
        'workflowtemplate.argoproj.io shop/image-build-build-prepare [main /usr/bin/prepare] elsewhere',
        'workflowtemplate.argoproj.io shop/image-build-push [pack /usr/bin/pack] [main /usr/bin/push] elsewhere',
      ],
    ],
    [
      'clusterworkflowtemplate',
      [
        'clusterworkflowtemplate.argoproj.io cluster-scoped/image-build-build-prepare [main /usr/bin/prepare] elsewhere',
        'clusterworkflowtemplate.argoproj.io cluster-scoped/image-build-push [pack /usr/bin/pack] [main /usr/bin/push] elsewhere',
      ],
    ],
    [
      'taskrun',
      [
        'taskrun.tekton.dev shop/unit-tests [step-test /usr/local/bin/run-tests] [step-unnamed-1 /usr/bin/report] [sidecar-database /usr/bin/postgres] team=checkout,tekton.dev/taskRun=unit-tests',
      ],
    ],
    [
      'pipelinerun',
      [
        'pipelinerun.tekton.dev shop/release-42-compile [step-compile /usr/local/go/bin/go] stage=compile,tekton.dev/pipelineRun=release-42,tekton.dev/pipelineTask=compile',
        'pipelinerun.tekton.dev shop/release-42-notify [step-notify /tekton/scripts/script-0-$(random)] tekton.dev/pipelineRun=release-42,tekton.dev/pipelineTask=notify step-notify:allowedBinary:*@/spec/pipelineSpec/finally/0/taskSpec/steps/0/script',
      ],
    ],
    ['task', ['task.tekton.dev shop/lint [step-lint /usr/bin/lint] elsewhere']],
    ['clustertask', ['clustertask.tekton.dev cluster-scoped/lint [step-lint /usr/bin/lint] elsewhere']],
    ['pipeline', ['pipeline.tekton.dev shop/release-pack [step-pack /usr/bin/pack] elsewhere']],
    ['stepaction', ['stepaction.tekton.dev shop/fetch [step-unnamed-0 /usr/bin/fetch] elsewhere']],
    [
      'sparkapplication',
      [
        'sparkapplication.sparkoperator.k8s.io shop/clickstream-driver [spark-kubernetes-driver ?] version=4,sparkoperator.k8s.io/app-name=clickstream,spark-role=driver spark-kubernetes-driver:allowedBinary:*@/spec/driver',
        'sparkapplication.sparkoperator.k8s.io shop/clickstream-executor [spark-kubernetes-executor ?] [metrics /usr/bin/metrics] sparkoperator.k8s.io/app-name=clickstream,spark-role=executor spark-kubernetes-executor:allowedBinary:*@/spec/executor',
      ],
    ],
    [
      'scheduledsparkapplication',
      [
        'scheduledsparkapplication.sparkoperator.k8s.io shop/hourly-rollup-driver [spark-kubernetes-driver ?] app=hourly-rollup-driver spark-kubernetes-driver:allowedBinary:*@/spec/template/driver',
        'scheduledsparkapplication.sparkoperator.k8s.io shop/hourly-rollup-executor [spark-kubernetes-executor ?] app=hourly-rollup-executor spark-kubernetes-executor:allowedBinary:*@/spec/template/executor',
      ],
    ],
    [
      'inferenceservice',
      [
        'inferenceservice.serving.kserve.io shop/recommender-predictor [kserve-container ?] elsewhere kserve-container:allowedBinary:*@/spec/predictor/model',
        'inferenceservice.serving.kserve.io shop/recommender-transformer [kserve-container /usr/bin/features] serving.kserve.io/inferenceservice=recommender,component=transformer',
      ],
    ],
    [
      'servingruntime',
      ['servingruntime.serving.kserve.io shop/ranker [kserve-container /usr/bin/ranker] elsewhere'],
    ],
    [
      'clusterservingruntime',
      [
        'clusterservingruntime.serving.kserve.io cluster-scoped/ranker [kserve-container /usr/bin/ranker] elsewhere',
      ],
    ],
    ['trainjob', ['trainjob.trainer.kubeflow.org shop/fine-tune-trainer [node /usr/bin/train] elsewhere']],
    [
      'trainingruntime',
      ['trainingruntime.trainer.kubeflow.org shop/torch-small-node [node /usr/bin/torchrun] elsewhere'],
    ],
    [
      'clustertrainingruntime',
      [
        'clustertrainingruntime.trainer.kubeflow.org cluster-scoped/torch-small-node [node /usr/bin/torchrun] elsewhere',
      ],
    ],
  ])('%s is read as its controller reads it', (name, expected) => {
    expect(read(fixture(name))).toEqual(expected);
  });
});

const privileged = {
  name: 'tool',
  image: 'tool:1',
  command: ['/tool'],
  securityContext: { privileged: true },
};
const host = [{ name: 'node', hostPath: { path: '/etc' } }];
/** A workspace of Tekton that mounts a token for the API server. */
const TOKEN = { name: 'w', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
const root = { runAsUser: 0 };
const PATCH = '{"hostPID": true}';

/** Places of each kind, what is put there, and what must then be asked for: an override, or a fault that says so. */
/** What is read is the pointer of a fault. */
const REFUSED = /^\//;

type Door = readonly [fixture: string, place: string, value: unknown, asked: string | RegExp];

const DOORS: readonly Door[] = [
  ...[
    'cronworkflow spec.workflowSpec',
    'workflow spec',
    'workflowtemplate spec',
    'clusterworkflowtemplate spec',
  ].flatMap((each): Door[] => {
    const [name = '', base = ''] = each.split(' ');
    return [
      [name, `${base}.templates.+`, { name: 'x', container: privileged }, 'privileged'],
      [name, `${base}.templates.+`, { name: 'x', script: { ...privileged, source: 'x' } }, 'privileged'],
      [name, `${base}.templates.+`, { name: 'x', containerSet: { containers: [privileged] } }, 'privileged'],
      [name, `${base}.templates.0.sidecars.0`, privileged, /privileged|^\//],
      [name, `${base}.templates.1.sidecars.0`, privileged, /privileged|^\//],
      [name, `${base}.templates.0.initContainers.0`, privileged, /privileged|^\//],
      [name, `${base}.templates.1.initContainers.0`, privileged, /privileged|^\//],
      [
        name,
        `${base}.templates.+`,
        { name: 'x', steps: [[{ name: 'y', inline: { container: privileged } }]] },
        'privileged',
      ],
      [
        name,
        `${base}.templates.+`,
        { name: 'x', dag: { tasks: [{ name: 'y', inline: { script: privileged } }] } },
        'privileged',
      ],
      [
        name,
        `${base}.templates.+`,
        {
          name: 'x',
          dag: {
            tasks: [{ name: 'y', inline: { steps: [[{ name: 'z', inline: { container: privileged } }]] } }],
          },
        },
        REFUSED,
      ],
      [name, `${base}.templateDefaults.container.securityContext.privileged`, true, 'privileged'],
      [name, `${base}.templateDefaults.script`, privileged, 'privileged'],
      [name, `${base}.templateDefaults.containerSet.containers.0`, privileged, 'privileged'],
      [name, `${base}.templateDefaults.sidecars.0`, privileged, 'privileged'],
      [name, `${base}.templateDefaults.initContainers.0`, privileged, 'privileged'],
      [name, `${base}.templateDefaults.securityContext`, root, 'runAsRoot'],
      [name, `${base}.templateDefaults.podSpecPatch`, PATCH, 'unjudgedWorkload:argoproj.io/'],
      [name, `${base}.templateDefaults.dag.tasks.0`, { inline: { container: privileged } }, REFUSED],
      [name, `${base}.templateDefaults.volumes`, host, 'hostPath:/etc'],
      [
        name,
        `${base}.templates.+`,
        { name: 'x', securityContext: root, container: { ...privileged, securityContext: {} } },
        'runAsRoot',
      ],
      [name, `${base}.securityContext`, root, 'runAsRoot'],
      [name, `${base}.hostNetwork`, true, 'hostNetwork'],
      [name, `${base}.volumes`, host, 'hostPath:/etc'],
      [name, `${base}.templates.+`, { name: 'x', container: privileged, volumes: host }, 'hostPath:/etc'],

      [name, `${base}.podSpecPatch`, PATCH, 'unjudgedWorkload:argoproj.io/'],
      [name, `${base}.templates.1.podSpecPatch`, PATCH, /unjudgedWorkload:argoproj.io|^\//],
      [name, `${base}.artifactGC.podSpecPatch`, PATCH, 'unjudgedWorkload:argoproj.io/'],
      [
        name,
        `${base}.executorPlugins.0`,
        { metadata: { name: 'p' }, spec: { sidecar: { container: privileged } } },
        'privileged',
      ],
      [
        name,
        `${base}.templates.+`,
        { name: 'x', resource: { action: 'apply', manifest: 'kind: Pod' } },
        'unjudgedWorkload:argoproj.io/',
      ],
      [
        name,
        `${base}.templates.+`,
        { name: 'x', resource: { action: 'apply', manifestFrom: { artifact: {} } } },
        'unjudgedWorkload:argoproj.io/',
      ],
      [name, `${base}`, { workflowTemplateRef: { name: 'x' }, hostNetwork: true }, 'hostNetwork'],
      [
        name,
        `${base}`,
        { workflowTemplateRef: { name: 'x' }, podSpecPatch: PATCH },
        'unjudgedWorkload:argoproj.io/',
      ],
      [name, `${base}`, { workflowTemplateRef: { name: 'x' }, volumes: host }, 'hostPath:/etc'],
      [
        name,
        `${base}`,
        { workflowTemplateRef: { name: 'x' }, templateDefaults: { container: privileged } },
        'privileged',
      ],
      [
        name,
        `${base}.templates.+`,
        {
          name: 'x',
          container: { ...privileged, securityContext: {}, command: ['/{{inputs.parameters.x}}'] },
        },
        'allowedBinary:*',
      ],
      [name, `${base}.volumes`, [{ name: 'v', hostPath: { path: '/data/{{x}}' } }], 'Write the value itself'],
      [name, `${base}.templates.+`, { name: 'x', container: privileged, script: privileged }, REFUSED],
      [name, `${base}.templates.+`, { name: 'x', suspend: {}, sidecars: [privileged] }, REFUSED],
    ];
  }),
  [
    'workflow',
    'status.storedWorkflowTemplateSpec.templates.0',
    { name: 'x', container: privileged },
    'privileged',
  ],
  ['workflow', 'status.storedTemplates.a/b/c', { name: 'x', container: privileged }, 'privileged'],
  ['workflow', 'status.storedWorkflowTemplateSpec', { hostNetwork: true }, 'hostNetwork'],
  ['workflow', 'status.nodes.x.container', privileged, REFUSED],
  ['workflow', 'spec.templates.1.container.containers', [privileged], REFUSED],
  ['workflow', 'spec.templates.1.container.resources.securityContext', { privileged: true }, REFUSED],
  ['workflowtemplate', 'spec.templates.1.containerSet.initContainers', [privileged], REFUSED],
  ['taskrun', 'spec.taskSpec.steps.0.computeResources.container', privileged, REFUSED],
  ['sparkapplication', 'spec.driver.containers', [privileged], REFUSED],
  ['inferenceservice', 'spec.predictor.model.modelFormat.container', privileged, REFUSED],
  ['trainjob', 'spec.trainer.resourcesPerNode.container', privileged, REFUSED],

  ...(
    [
      'taskrun spec.taskSpec',
      'task spec',
      'clustertask spec',
      'pipeline spec.tasks.1.taskSpec',
      'pipelinerun spec.pipelineSpec.tasks.0.taskSpec',
      'pipelinerun spec.pipelineSpec.finally.0.taskSpec',
    ] as const
  ).flatMap((each): Door[] => {
    const [name = '', base = ''] = each.split(' ');
    return [
      [name, `${base}.steps.0.securityContext.privileged`, true, 'privileged'],
      [name, `${base}.steps.+`, privileged, 'privileged'],
      [name, `${base}.steps.+`, { ...privileged, command: undefined, script: 'x' }, 'privileged'],
      [name, `${base}.sidecars.0`, privileged, 'privileged'],
      [name, `${base}.sidecars.0`, { name: 'x', image: 'x', script: 'x' }, 'allowedBinary:*'],
      [name, `${base}.stepTemplate.securityContext.privileged`, true, 'privileged'],
      [name, `${base}.volumes`, host, 'hostPath:/etc'],
      [
        name,
        `${base}.steps.+`,
        { name: 'x', ref: { resolver: 'git', params: [] } },
        'unjudgedWorkload:tekton.dev/',
      ],
      [name, `${base}.containers`, [privileged], REFUSED],
    ];
  }),
  ['taskrun', 'spec.podTemplate.hostNetwork', true, 'hostNetwork'],
  ['taskrun', 'spec.podTemplate.volumes', host, 'hostPath:/etc'],
  ['taskrun', 'spec.podTemplate.securityContext', root, 'runAsRoot'],
  ['taskrun', 'spec', { taskRef: { name: 'x' }, podTemplate: { hostNetwork: true } }, 'hostNetwork'],
  ['taskrun', 'spec', { taskRef: { name: 'x' }, workspaces: [TOKEN] }, 'automountServiceAccountToken'],
  [
    'pipelinerun',
    'spec',
    { pipelineRef: { name: 'x' }, workspaces: [TOKEN] },
    'automountServiceAccountToken',
  ],
  ['taskrun', 'spec', { taskRef: { resolver: 'hub', params: [] } }, 'unjudgedWorkload:tekton.dev/TaskRun'],
  [
    'taskrun',
    'spec',
    { taskRef: { name: 'x', bundle: 'registry.example.com/x' } },
    'unjudgedWorkload:tekton.dev/TaskRun',
  ],
  [
    'taskrun',
    'spec.workspaces.0',
    { name: 'source', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    'automountServiceAccountToken',
  ],
  ['stepaction', 'spec.securityContext.privileged', true, 'privileged'],
  [
    'pipeline',
    'spec.tasks.+',
    { name: 'x', pipelineSpec: { tasks: [{ name: 'y', taskSpec: { steps: [privileged] } }] } },
    'privileged',
  ],
  [
    'pipeline',
    'spec.tasks.+',
    { name: 'x', taskRef: { resolver: 'bundles' } },
    'unjudgedWorkload:tekton.dev/Pipeline',
  ],
  [
    'pipeline',
    'spec.tasks.+',
    {
      name: 'x',
      taskSpec: { apiVersion: 'example.dev/v1', kind: 'Loop', spec: { containers: [privileged] } },
    },
    'unjudgedWorkload:tekton.dev/Pipeline',
  ],
  [
    'pipelinerun',
    'spec.pipelineSpec.tasks.+',
    { name: 'x', pipelineSpec: { tasks: [{ name: 'y', taskSpec: { steps: [privileged] } }] } },
    'privileged',
  ],
  ['pipelinerun', 'spec.taskRunTemplate.podTemplate.hostNetwork', true, 'hostNetwork'],
  ['pipelinerun', 'spec.taskRunTemplate.podTemplate.volumes', host, 'hostPath:/etc'],
  [
    'pipelinerun',
    'spec.taskRunSpecs.0',
    { pipelineTaskName: 'compile', podTemplate: { hostNetwork: true } },
    'hostNetwork',
  ],
  [
    'pipelinerun',
    'spec.taskRunSpecs.0',
    { pipelineTaskName: 'scan', podTemplate: { hostNetwork: true } },
    'hostNetwork',
  ],
  [
    'pipelinerun',
    'spec.taskRunSpecs.0',
    { pipelineTaskName: 'scan', taskPodTemplate: { securityContext: root } },
    'runAsRoot',
  ],
  [
    'pipelinerun',
    'spec',
    { pipelineRef: { name: 'x' }, taskRunTemplate: { podTemplate: { hostNetwork: true } } },
    'hostNetwork',
  ],
  ['pipelinerun', 'spec', { pipelineRef: { name: 'x' }, podTemplate: { hostNetwork: true } }, 'hostNetwork'],
  ['pipelinerun', 'spec', { pipelineRef: { resolver: 'git' } }, 'unjudgedWorkload:tekton.dev/PipelineRun'],
  [
    'pipelinerun',
    'spec',
    { pipelineRef: { name: 'x' }, taskRunSpecs: [{ pipelineTaskName: 'y', podTemplate: { volumes: host } }] },
    'hostPath:/etc',
  ],

  ...['sparkapplication spec', 'scheduledsparkapplication spec.template'].flatMap((each): Door[] => {
    const [name = '', base = ''] = each.split(' ');
    return ['driver', 'executor'].flatMap((role): Door[] => [
      [name, `${base}.${role}.securityContext.privileged`, true, 'privileged'],
      [name, `${base}.${role}.podSecurityContext`, root, 'runAsRoot'],
      [name, `${base}.${role}.hostNetwork`, true, 'hostNetwork'],
      [name, `${base}.${role}.shareProcessNamespace`, true, 'shareProcessNamespace'],
      [name, `${base}.${role}.sidecars.0`, privileged, 'privileged'],
      [name, `${base}.${role}.initContainers.0`, privileged, 'privileged'],
      [name, `${base}.${role}.template`, { spec: { containers: [privileged] } }, 'privileged'],
      [
        name,
        `${base}.${role}.template`,
        { spec: { containers: [{ name: 'x', image: 'x' }, privileged] } },
        'privileged',
      ],
      [
        name,
        `${base}.${role}.template`,
        { spec: { hostPID: true, containers: [{ name: 'x', image: 'x' }] } },
        'hostPID',
      ],
      [
        name,
        `${base}.${role}.template`,
        { spec: { volumes: host, containers: [{ name: 'x', image: 'x' }] } },
        'hostPath:/etc',
      ],
      [
        name,
        `${base}.sparkConf`,
        { [`spark.kubernetes.${role}.podTemplateFile`]: 's3a://x' },
        'unjudgedWorkload:sparkoperator.k8s.io/',
      ],
      [
        name,
        `${base}.sparkConf`,
        { [`spark.kubernetes.${role}.volumes.hostPath.x.mount.path`]: '/x' },
        'unjudgedWorkload:sparkoperator.k8s.io/',
      ],
      [name, `${base}.volumes`, host, 'hostPath:/etc'],
    ]);
  }),

  ...['predictor', 'transformer', 'explainer', 'canary.0.predictor'].flatMap((part): Door[] => [
    ['inferenceservice', `spec.${part}`, { containers: [privileged] }, 'privileged'],
    [
      'inferenceservice',
      `spec.${part}`,
      { containers: [{ image: 'x' }], initContainers: [privileged] },
      'privileged',
    ],
    ['inferenceservice', `spec.${part}`, { model: { ...privileged, name: undefined } }, 'privileged'],
    ['inferenceservice', `spec.${part}`, { sklearn: { ...privileged, name: undefined } }, 'privileged'],
    ['inferenceservice', `spec.${part}`, { model: { image: 'x' }, containers: [privileged] }, 'privileged'],
    [
      'inferenceservice',
      `spec.${part}`,
      { model: { image: 'x' }, workerSpec: { containers: [privileged] } },
      'privileged',
    ],
    [
      'inferenceservice',
      `spec.${part}`,
      { model: { image: 'x' }, workerSpec: { hostNetwork: true } },
      'hostNetwork',
    ],
    ['inferenceservice', `spec.${part}`, { model: { image: 'x' }, hostPID: true }, 'hostPID'],
    [
      'inferenceservice',
      `spec.${part}`,
      { model: { image: 'x' }, shareProcessNamespace: true },
      'pod:shareProcessNamespace',
    ],
    [
      'inferenceservice',
      `spec.${part}`,
      { model: { image: 'x' }, ephemeralContainers: [{ ...privileged, name: 'debug' }] },
      'debug:ephemeralContainer',
    ],
    ['inferenceservice', `spec.${part}`, { model: { image: 'x' }, volumes: host }, 'hostPath:/etc'],
    ['inferenceservice', `spec.${part}`, { model: { image: 'x' }, securityContext: root }, 'runAsRoot'],
  ]),
  ...['servingruntime', 'clusterservingruntime'].flatMap((name): Door[] => [
    [name, 'spec.containers.0', privileged, 'privileged'],
    [name, 'spec.hostIPC', true, 'hostIPC'],
    [name, 'spec.volumes', host, 'hostPath:/etc'],
    [name, 'spec.workerSpec.containers', [privileged], 'privileged'],
    [name, 'spec.builtInAdapter.container', privileged, REFUSED],
  ]),

  ['trainjob', 'spec.trainer.securityContext.privileged', true, 'privileged'],
  [
    'trainjob',
    'spec.runtimePatches.0.trainingRuntimeSpec.template.spec.replicatedJobs.0',
    { name: 'node', template: { spec: { template: { spec: { containers: [privileged] } } } } },
    'privileged',
  ],
  [
    'trainjob',
    'spec.runtimePatches.0.trainingRuntimeSpec.template.spec.replicatedJobs.0',
    { name: 'node', template: { spec: { template: { spec: { initContainers: [privileged] } } } } },
    'privileged',
  ],
  [
    'trainjob',
    'spec.runtimePatches.0.trainingRuntimeSpec.template.spec.replicatedJobs.0',
    { name: 'node', template: { spec: { template: { spec: { securityContext: root } } } } },
    'runAsRoot',
  ],
  [
    'trainjob',
    'spec.runtimePatches.0.trainingRuntimeSpec.template.spec.replicatedJobs.0',
    { name: 'node', template: { spec: { template: { spec: { volumes: host } } } } },
    'hostPath:/etc',
  ],
  ['trainjob', 'spec.podTemplateOverrides.0.spec', { volumes: host }, 'hostPath:/etc'],
  ['trainjob', 'spec.podTemplateOverrides.0.spec', { containers: [privileged] }, 'privileged'],
  ['trainjob', 'spec.podSpecOverrides.0', { volumes: host }, 'hostPath:/etc'],
  ...['trainingruntime', 'clustertrainingruntime'].flatMap((name): Door[] => {
    const pod = 'spec.template.spec.replicatedJobs.0.template.spec.template.spec';
    return [
      [name, `${pod}.containers.0`, privileged, 'privileged'],
      [name, `${pod}.hostNetwork`, true, 'hostNetwork'],
      [name, `${pod}.volumes`, host, 'hostPath:/etc'],
    ];
  }),
];

describe('whatever opens a door', () => {
  test.each(DOORS)('%s: %s = %j asks for it, or is refused: %s', (name, place, value, asked) => {
    expect(read(withValue(fixture(name), place, value)).join('\n')).toMatch(asked);
  });
});

describe('an ordinary object', () => {
  test.each<[string, string, unknown]>([
    ['inferenceservice', 'spec.predictor.automountServiceAccountToken', false],
    ['inferenceservice', 'spec.predictor.hostUsers', false],
    ['servingruntime', 'spec.automountServiceAccountToken', false],
    ['workflow', 'spec.templateDefaults.dag', { failFast: false }],
  ])('%s: %s = %j asks for nothing more', (name, place, value) => {
    const object = fixture(name);
    expect(read(withValue(object, place, value))).toEqual(read(object));
  });
});

describe('pods of one object', () => {
  const task = (name: string, more: object = {}): object => ({
    name,
    taskSpec: { steps: [{ name: 'a', image: 'x', command: [`/bin/${name}`] }], ...more },
  });
  const run = (metadata: object, spec: object): unknown => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { namespace: 'shop', ...metadata },
    spec,
  });
  const chosen = (value: unknown): string[] =>
    read(value).map((line) => line.replace(/^\S+ (\S+) .*\] (\S+).*$/, '$1 $2'));

  test('are told apart by the name of their task where that of the run is not known', () => {
    const value = run(
      { generateName: 'ci-', labels: { app: 'ci' } },
      { pipelineSpec: { tasks: [task('build'), task('test')] } },
    );
    expect(chosen(value)).toEqual([
      'shop/ci-build app=ci,tekton.dev/pipelineTask=build',
      'shop/ci-test app=ci,tekton.dev/pipelineTask=test',
    ]);
  });

  test('have no policies where they are those of an inner run, which would be those of the outer one', () => {
    const inner = { name: 'sub', pipelineSpec: { tasks: [task('build')] } };
    const value = run({ name: 'ci' }, { pipelineSpec: { tasks: [task('build'), inner] } });
    expect(chosen(value)).toEqual([
      'shop/ci-build tekton.dev/pipelineRun=ci,tekton.dev/pipelineTask=build',
      'shop/ci-sub-build elsewhere',
    ]);
  });

  test('have no policies where the labels of one are those of another', () => {
    const own = { labels: { app: 'etl' } };
    const object = withValue(fixture('scheduledsparkapplication'), 'spec.template.driver', own);
    const value = withValue(object, 'spec.template.executor', own);
    expect(chosen(value).map((line) => line.split(' ')[1])).toEqual(['elsewhere', 'elsewhere']);
    const whole = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
    const told = whole.ok ? whole.notices.map(({ message }) => message) : [];
    expect(told.join('\n')).toMatch('The labels of these pods are also those of the pods of');
  });

  test.each<[string, string, object]>([
    ['sparkapplication', 'spec.driver.labels', { 'sparkoperator.k8s.io/app-name': 'other' }],
    ['sparkapplication', 'metadata.labels', { 'sparkoperator.k8s.io/app-name': 'other' }],
    ['workflow', 'spec.templates.1.metadata.labels', { 'workflows.argoproj.io/workflow': 'other' }],
    ['workflow', 'spec.podMetadata.labels', { 'workflows.argoproj.io/workflow': 'other' }],
  ])('%s: %s = %j may not replace the label that selects them', (name, place, labels) => {
    expect(read(withValue(fixture(name), place, labels)).join('\n')).toMatch('Leave it out.');
  });

  test.each<[string, unknown]>([
    ['mainApplicationFile', '--conf'],
    ['mainApplicationFile', '--conf=spark.kubernetes.driver.volumes.hostPath.x.mount.path=/x'],
  ])('ask about options of spark-submit in their place: %s = %j', (field, value) => {
    const object = withValue(fixture('sparkapplication'), `spec.${field}`, value);
    expect(read(object).join('\n')).toMatch('unjudgedWorkload:sparkoperator.k8s.io/SparkApplication');
  });
});
