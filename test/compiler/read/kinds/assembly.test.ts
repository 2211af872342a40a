import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects } from '../../../../src/compiler/index.ts';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import { toPointer } from '../../../../src/compiler/model/pointer.ts';
import type { Workload } from '../../../../src/compiler/model/workload.ts';

/** The workloads of an object in the namespace `shop`, with its notices; or its faults, in words. */
function readings(apiVersion: string, kind: string, spec: unknown, metadata: object = { name: 'a' }) {
  return readWorkloadObjects(
    [{ value: { apiVersion, kind, metadata, spec }, source: { document: 0, path: [] } }],
    { namespace: 'shop' },
  );
}

function workloads(...object: Parameters<typeof readings>): readonly Workload[] {
  const read = readings(...object);
  if (!read.ok) throw new Error(read.faults.map(({ message }) => message).join('\n'));
  return read.workloads;
}

/** What the workloads of an object ask for besides binaries, and where. */
function asked(...object: Parameters<typeof readings>): string[] {
  return workloads(...object).flatMap((workload) =>
    securityOverrides(workload, { authorizeEntrypoints: false })
      .filter(({ category }) => category !== 'binary')
      .map(({ id, path }) => `${workload.name} ${id} ${toPointer(path)}`),
  );
}

const faultsOf = (...object: Parameters<typeof readings>): string[] => {
  const read = readings(...object);
  return read.ok ? [] : read.faults.map(({ path, message }) => `${toPointer(path)}: ${message}`);
};

const ARGO = ['argoproj.io/v1alpha1', 'Workflow'] as const;
const main = { image: 'i', command: ['/a'] };
const no = { privileged: false };
const yes = { privileged: true };

describe('Argo Workflows merges a template', () => {
  test.each<[string, object, string[]]>([
    [
      'the security context of a template replaces that of the workflow',
      {
        securityContext: { runAsUser: 0 },
        templates: [{ name: 't', securityContext: { runAsUser: 5 }, container: main }],
      },
      [],
    ],
    [
      'without one it is that of the workflow',
      { securityContext: { runAsUser: 0 }, templates: [{ name: 't', container: main }] },
      ['a-t runAsRoot /spec/securityContext/runAsUser'],
    ],
    [
      'the defaults are merged into the container, field by field',
      {
        templateDefaults: { container: { securityContext: { ...yes, runAsUser: 0 } } },
        templates: [{ name: 't', container: { ...main, securityContext: no } }],
      },
      ['a-t runAsRoot /spec/templateDefaults/container/securityContext/runAsUser'],
    ],
    [
      'defaults for scripts are not for containers',
      { templateDefaults: { script: { securityContext: yes } }, templates: [{ name: 't', container: main }] },
      ['a-pods privileged /spec/templateDefaults/script/securityContext/privileged'],
    ],
    [
      'sidecars of the defaults are merged by their names',
      {
        templateDefaults: { sidecars: [{ name: 's', ...main, securityContext: yes }] },
        templates: [
          {
            name: 't',
            container: main,
            sidecars: [{ name: 's', image: 'other', securityContext: { runAsUser: 0 } }],
          },
        ],
      },
      [
        'a-t privileged /spec/templateDefaults/sidecars/0/securityContext/privileged',
        'a-t runAsRoot /spec/templates/0/sidecars/0/securityContext/runAsUser',
      ],
    ],
    [
      'the token is that of the template, if it says anything',
      {
        automountServiceAccountToken: true,
        templates: [{ name: 't', automountServiceAccountToken: false, container: main }],
      },
      [],
    ],
  ])('%s', (_, spec, expected) => {
    expect(asked(...ARGO, spec)).toEqual(expected);
  });

  test('an inline template is named after the template and the step', () => {
    const steps = [[{ name: 's', inline: { container: main } }]];
    const tasks = [{ name: 'd', inline: { script: { ...main, source: 'x' } } }];
    const spec = {
      templates: [
        { name: 't', steps },
        { name: 'u', dag: { tasks } },
      ],
    };
    expect(workloads(...ARGO, spec).map(({ name }) => name)).toEqual(['a-t-s', 'a-u-d']);
  });

  test.each<[string, object]>([
    [
      'of a template',
      {
        templates: [
          {
            name: 't',
            metadata: { annotations: { 'runtime.lattice.dev/allowed-binaries': '/b' } },
            container: main,
          },
        ],
      },
    ],
    [
      'of the workflow',
      {
        podMetadata: { annotations: { 'runtime.lattice.dev/allowed-binaries': '/b' } },
        templates: [{ name: 't', container: main }],
      },
    ],
  ])('the annotations %s are those of its pods', (_, spec) => {
    expect(workloads(...ARGO, spec)[0]?.containers[0]?.security.allowedBinaries).toEqual(['/b']);
  });

  test('a script is the last argument of its interpreter', () => {
    const [workload] = workloads(...ARGO, {
      templates: [{ name: 't', script: { ...main, args: ['-u'], source: 'x' } }],
    });
    expect(workload?.containers[0]?.words).toEqual(['/a', '-u', '/argo/staging/script']);
  });
});

describe('the pods of a workflow have policies where something selects them alone', () => {
  const labelled = (name: string, labels: object = {}, more: object = { container: main }) => ({
    name,
    metadata: { labels },
    ...more,
  });
  const own = { app: 't' };
  test.each<[string, object, object, (string | undefined)[]]>([
    ['one template', {}, { templates: [labelled('t')] }, [undefined]],
    [
      'two templates without labels',
      {},
      { templates: [labelled('t'), labelled('u')] },
      ['elsewhere', 'elsewhere'],
    ],
    ['two with one', {}, { templates: [labelled('t', own), labelled('u')] }, [undefined, 'elsewhere']],
    [
      'two with the same',
      {},
      { templates: [labelled('t', own), labelled('u', own)] },
      ['elsewhere', 'elsewhere'],
    ],
    [
      'two with their own',
      {},
      { templates: [labelled('t', own), labelled('u', { app: 'u' })] },
      [undefined, undefined],
    ],
    [
      'one beside steps that refer to other objects',
      {},
      {
        templates: [
          labelled('t'),
          { name: 's', steps: [[{ name: 'x', templateRef: { name: 'y', template: 'z' } }]] },
        ],
      },
      ['elsewhere'],
    ],
    [
      'one beside an agent',
      {},
      { templates: [labelled('t'), { name: 'h', http: { url: 'https://example.com' } }] },
      ['elsewhere'],
    ],
    [
      'one whose labels are variables',
      {},
      { templates: [labelled('t', { app: '{{inputs.parameters.x}}' }), labelled('u')] },
      ['elsewhere', 'elsewhere'],
    ],
    [
      'one of an object whose name the cluster makes',
      { generateName: 'a-' },
      { templates: [labelled('t')] },
      ['elsewhere'],
    ],
    ['the same with labels', { generateName: 'a-' }, { templates: [labelled('t', own)] }, [undefined]],
  ])('%s', (_, metadata, spec, expected) => {
    const read = workloads(...ARGO, spec, 'generateName' in metadata ? metadata : { name: 'a' });
    expect(read.map(({ unenforced }) => unenforced)).toEqual(expected);
  });

  test('what is not enforced is told, with the place', () => {
    const read = readings(...ARGO, { templates: [labelled('t'), labelled('u')] });
    expect(
      read.ok && read.notices.map(({ code, service, path }) => [code, service, toPointer(path)]),
    ).toEqual([
      ['PodsNotEnforced', 'shop/a-t', '/spec/templates/0'],
      ['PodsNotEnforced', 'shop/a-u', '/spec/templates/1'],
    ]);
  });

  test('a patch asks for the object to pass unjudged, and nothing is enforced', () => {
    const spec = { templates: [labelled('t', own, { podSpecPatch: 'x', container: main })] };
    expect(asked(...ARGO, spec)).toEqual([
      'a-t unjudgedWorkload:argoproj.io/Workflow /spec/templates/0/podSpecPatch',
    ]);
    expect(workloads(...ARGO, spec)[0]?.unenforced).toBe('elsewhere');
  });
});

describe('Tekton merges', () => {
  const TASK_RUN = ['tekton.dev/v1', 'TaskRun'] as const;
  const PIPELINE_RUN = ['tekton.dev/v1', 'PipelineRun'] as const;
  const step = { name: 's', ...main };
  const task = { name: 't', taskSpec: { steps: [step] } };
  test.each<[string, readonly [string, string], object, string[]]>([
    [
      'the template of steps into each step',
      TASK_RUN,
      {
        taskSpec: {
          stepTemplate: { securityContext: { ...yes, runAsUser: 0 } },
          steps: [{ ...step, securityContext: no }],
        },
      },
      ['a runAsRoot /spec/taskSpec/stepTemplate/securityContext/runAsUser'],
    ],
    [
      'no template of steps into a step that refers to a StepAction',
      TASK_RUN,
      { taskSpec: { stepTemplate: { securityContext: yes }, steps: [{ name: 's', ref: { name: 'x' } }] } },
      [],
    ],
    [
      'the pod template of a task over that of the run, field by field',
      PIPELINE_RUN,
      {
        pipelineSpec: { tasks: [task] },
        taskRunTemplate: { podTemplate: { securityContext: { runAsUser: 0 }, hostNetwork: true } },
        taskRunSpecs: [
          { pipelineTaskName: 't', podTemplate: { securityContext: { runAsUser: 5 }, hostNetwork: false } },
        ],
      },
      ['a-t hostNetwork /spec/taskRunTemplate/podTemplate/hostNetwork'],
    ],
    [
      'the pod templates of tasks that other objects describe',
      PIPELINE_RUN,
      {
        pipelineRef: { name: 'x' },
        taskRunSpecs: [{ pipelineTaskName: 't', podTemplate: { hostNetwork: true } }],
      },
      ['a-t hostNetwork /spec/taskRunSpecs/0/podTemplate/hostNetwork'],
    ],
  ])('%s', (_, [apiVersion, kind], spec, expected) => {
    expect(asked(apiVersion, kind, spec)).toEqual(expected);
  });

  test('labels and annotations of the run are those of its pods', () => {
    const [workload] = workloads(
      ...PIPELINE_RUN,
      { pipelineSpec: { tasks: [task] } },
      {
        name: 'a',
        labels: { team: 'x' },
        annotations: { 'runtime.lattice.dev/allowed-binaries': '/bin/b' },
      },
    );
    expect(workload?.podLabels).toEqual({
      team: 'x',
      'tekton.dev/pipelineRun': 'a',
      'tekton.dev/pipelineTask': 't',
    });
    expect(workload?.containers[0]?.security.allowedBinaries).toEqual(['/bin/b']);
  });

  test('the variables of the pod template into those of steps', () => {
    const env = [{ name: 'PATH', value: '/opt' }];
    const [workload] = workloads(...TASK_RUN, {
      taskSpec: {
        steps: [{ ...step, env: [{ name: 'HOME', value: '/root' }] }],
        sidecars: [{ image: 'i', command: ['/a'] }],
      },
      podTemplate: { env },
    });
    expect(workload?.containers.map(({ name, pathVariable }) => [name, pathVariable])).toEqual([
      ['step-s', { value: '/opt' }],
      ['sidecar', 'unset'],
    ]);
  });

  test('a run that only refers to others is told of', () => {
    const read = readings(...TASK_RUN, { taskRef: { name: 'x' } });
    expect(read.ok && read.notices.map(({ code }) => code)).toEqual(['NoPodsOfItsOwn']);
  });
});

describe('the Spark operator', () => {
  const SPARK = ['sparkoperator.k8s.io/v1beta2', 'SparkApplication'] as const;
  const template = { spec: { containers: [{ name: 'x', image: 'i', securityContext: yes }] } };
  test('takes the first container of a template for that of Spark, and the fields beside it may replace its own', () => {
    const read = workloads(...SPARK, { driver: { template, securityContext: no } });
    expect(read.map(({ unenforced }) => unenforced)).toEqual(['elsewhere', 'elsewhere']);
    expect(asked(...SPARK, { driver: { template, securityContext: no } })).toEqual([
      'a-driver privileged /spec/driver/template/spec/containers/0/securityContext/privileged',
    ]);
  });

  test('leaves pods that have a template alone where nothing stands beside it', () => {
    const [driver] = workloads(...SPARK, { driver: { template } });
    expect([driver?.unenforced, driver?.containers.length]).toEqual([undefined, 1]);
  });
});

describe('what many pods share counts for each of them', () => {
  const pods = 10;
  const templates = Array.from({ length: pods }, (_, index) => ({ name: `t${index}`, container: main }));
  // A volume of this form is five values.
  const volumes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `v${index}`, configMap: { name: 'x' } }));
  // What else is shared takes up a few more.
  const most = Math.floor((LIMITS.nodes / pods - 5) / 4);

  test('up to the limit of values', () => {
    expect(workloads(...ARGO, { templates, volumes: volumes(most) })).toHaveLength(pods);
    expect(faultsOf(...ARGO, { templates, volumes: volumes(most + 2) })).toEqual([
      expect.stringMatching(/^\/spec: The 10 pods described here share more than/),
    ]);
  });
});
