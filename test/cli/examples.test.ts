import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { KIND_NAMES } from '../../src/compiler/read/readers.ts';
import { ADMIN_KEY } from '../support/credentials.ts';
import { installed } from '../support/installed.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';
import { checkManifests } from '../support/manifests.ts';
import { makeIssuer } from '../support/tokens.ts';

const root = resolve('.');
const scratch = mkdtempSync(join(tmpdir(), 'tracewright-examples-'));
const NGINX = readFileSync('test/fixtures/nginx.yaml', 'utf8');
const DENIED = readFileSync('test/fixtures/node-exporter.yaml', 'utf8');

/** A folder for PATH: tools that only a pipeline has, which note how they are called, and stand-ins. */
function toolFolder(name: string, shims: readonly string[]): string {
  const folder = join(scratch, `bin-${name}`);
  mkdirSync(folder);
  const note = (command: string, more = ''): void => {
    writeFileSync(join(folder, command), `#!/bin/sh\necho "${command} $*" >> "$CALLS"\n${more}`);
    chmodSync(join(folder, command), 0o755);
  };
  // What it renders here is plain files, and the labels of a component are looked at by themselves.
  const real =
    shims.length === 0 && installed('kubectl')
      ? execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim()
      : undefined;
  const kustomize = real === undefined ? resolve('test/support/bin/kustomize') : `${real} kustomize`;
  note('kubectl', `if [ "$1" = kustomize ]; then shift; exec ${kustomize} "$@"; fi\n`);
  note('helm', 'cat templates/*.yaml\n');
  // It runs the filter that it is given over the comments that there are, as gh does.
  note(
    'gh',
    `case "$*" in
  *--jq*) while [ "$1" != --jq ]; do shift; done; if [ -s comments.json ]; then jq -r "$2" comments.json; fi ;;
esac
`,
  );
  note('flux');
  note('git', 'echo v1\n');
  for (const shim of shims) symlinkSync(resolve('test/support/bin', shim), join(folder, shim));
  return folder;
}

/** The tools of this machine where it has them, and always the stand-ins, which need nothing but npm. */
const TOOLS = ['curl', 'jq'];
const toolchains: readonly (readonly [string, string])[] = [
  ...(TOOLS.every(installed) ? [['the tools of this machine', toolFolder('real', [])] as const] : []),
  ['stand-ins', toolFolder('shims', TOOLS)],
];

let worker: LocalWorker;
let tokens: Server;
let url: string;
let tokenUrl: string;
let token: string;

beforeAll(async () => {
  const issuer = await makeIssuer('https://token.actions.githubusercontent.com');
  worker = await startWorker(join(scratch, 'state'), { OIDC_ISSUERS: JSON.stringify([issuer.setting]) });
  url = worker.url.replace(/\/$/, '');
  token = await issuer.sign({ repository: 'acme/shop' });
  tokens = createServer((request, answer) => {
    const good =
      request.headers.authorization === 'Bearer runner' && request.url === '/token?v=1&audience=tracewright';
    answer.writeHead(good ? 200 : 401).end(JSON.stringify({ value: token }));
  });
  await new Promise<void>((listening) => tokens.listen(0, '127.0.0.1', listening));
  const address = z.object({ port: z.number() }).parse(tokens.address());
  tokenUrl = `http://127.0.0.1:${address.port}/token?v=1`;
  const write = async (method: string, path: string, type: string, body: string): Promise<void> => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': type, 'if-match': '*' };
    const response = await fetch(`${url}${path}`, { method, headers, body });
    expect(`${response.status} ${await response.text()}`).toMatch(/^20[01] /);
  };
  const publish = async (name: string, policies: string): Promise<void> => {
    await write('POST', '/policy-sets', 'application/json', JSON.stringify({ name }));
    await write('POST', `/policy-sets/${name}/versions`, 'text/plain', policies);
    await write('PUT', `/policy-sets/${name}/aliases/active`, 'application/json', '{"version":1}');
  };
  await publish(
    'default',
    '@id("web") permit (principal, action, resource) when { principal.namespace == "web" };',
  );
  const management = ['policies/management/access.cedar', 'examples/github-actions/management.cedar'];
  await publish('management', management.map((file) => readFileSync(file, 'utf8')).join('\n'));
});
afterAll(async () => {
  await worker.dispose();
  tokens.close();
  rmSync(scratch, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Run {
  readonly shell?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A folder as a pipeline has it, with the workloads in `app.yaml`, and a way to run scripts in it. */
class Workspace {
  readonly folder = mkdtempSync(join(scratch, 'workspace-'));
  private readonly path: string;

  constructor(tools: string, workloads: string) {
    this.path = [tools, process.env.PATH].join(delimiter);
    writeFileSync(join(this.folder, 'app.yaml'), workloads);
  }

  run(script: string, { shell = ['sh', '-euc'], env = {}, input = '' }: Run = {}): Promise<Ended> {
    const [command, ...args] = shell;
    return new Promise((done) => {
      const child = execFile(
        command,
        [...args, script],
        {
          cwd: this.folder,
          env: {
            PATH: this.path,
            HOME: this.folder,
            TMPDIR: scratch,
            CALLS: join(this.folder, 'calls'),
            TRACEWRIGHT_URL: url,
            TRACEWRIGHT_TOKEN: token,
            WORKLOADS: 'app.yaml',
            NAMESPACE: 'web',
            GITHUB_SHA: 'c0ffee',
            CI_COMMIT_SHA: 'c0ffee',
            ...env,
          },
        },
        (error, out, err) => done({ code: Number(error?.code ?? 0), out, err }),
      );
      // Most scripts read nothing, and may end before it is written.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  has(name: string): boolean {
    try {
      return this.read(name) !== '';
    } catch {
      return false;
    }
  }
}

const Manifest = z.looseObject({ kind: z.string() });
/** The policies among some documents; each is checked. */
function policiesIn(text: string): number {
  const objects = parseAllDocuments(text).flatMap((document) => {
    expect(document.errors).toEqual([]);
    const value: unknown = document.toJS();
    return value === null ? [] : [Manifest.parse(value)];
  });
  const policies = objects.filter(({ kind }) => kind.startsWith('TracingPolicy'));
  checkManifests(policies);
  return policies.length;
}

function example(path: string): unknown {
  return parse(readFileSync(`examples/${path}`, 'utf8'));
}

describe.each(toolchains)('with %s', (_, tools) => {
  const denied = () => new Workspace(tools, DENIED);
  const permitted = () => new Workspace(tools, NGINX);

  describe('GitHub Actions', () => {
    const Workflow = z.object({
      jobs: z.object({
        policies: z.object({
          steps: z.array(
            z.object({
              name: z.string().optional(),
              run: z.string().optional(),
              env: z.record(z.string(), z.string()).optional(),
            }),
          ),
        }),
      }),
    });
    const { steps } = Workflow.parse(example('github-actions/tracewright.yaml')).jobs.policies;

    /** Runs the steps one after the other as the runner does, until one fails. */
    async function runSteps(
      workspace: Workspace,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Record<string, Ended>> {
      const ended: Record<string, Ended> = {};
      let env: Record<string, string> = {
        TRACEWRIGHT_TOKEN: '',
        ACTIONS_ID_TOKEN_REQUEST_URL: tokenUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_ENV: join(workspace.folder, 'env'),
        GITHUB_STEP_SUMMARY: join(workspace.folder, 'summary'),
        ...more,
      };
      for (const { name = '', run, env: own = {} } of steps) {
        if (run === undefined) continue;
        const expressions = Object.fromEntries(Object.keys(own).map((key) => [key, '7']));
        const result = await workspace.run(run, {
          shell: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'],
          env: { ...env, ...expressions },
        });
        ended[name] = result;
        if (result.code !== 0) break;
        if (workspace.has('env'))
          env = {
            ...env,
            ...Object.fromEntries(
              workspace
                .read('env')
                .trim()
                .split('\n')
                .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
            ),
          };
      }
      return ended;
    }

    test('permitted: a report, a comment, policies that are applied', async () => {
      const workspace = permitted();
      const ended = await runSteps(workspace);
      expect(Object.entries(ended).map(([name, { code, err }]) => `${name} ${code} ${err}`)).toEqual(
        ['Get a token', 'Report', 'Comment', 'Compile', 'Apply'].map((name) => `${name} 0 `),
      );
      expect(ended['Get a token']?.out).toBe(`::add-mask::${token}\n`);
      expect(JSON.parse(workspace.read('tracewright.sarif'))).toMatchObject({
        version: '2.1.0',
      });
      expect(workspace.read('summary')).toContain('✅ Tracewright: permitted, 4 policies');
      expect(policiesIn(workspace.read('policies.yaml'))).toBe(4);
      expect(workspace.read('calls').replaceAll(/ --jq (?:[^\n]*)/g, '')).toBe(
        'gh api --paginate repos/acme/shop/issues/7/comments\ngh pr comment 7 --body-file tracewright.md\nkubectl apply --prune --applyset=configmap/tracewright-policies --namespace web -f compiled.yaml -f policies.yaml\nkubectl apply -f app.yaml\n',
      );
      // The apply set is never empty, so that the last policy of all can go too.
      expect(parse(workspace.read('compiled.yaml'))).toMatchObject({
        kind: 'ConfigMap',
        data: { revision: 'c0ffee' },
      });
    });

    test('the comment that is written anew is the one with the marker, by the bot', async () => {
      const workspace = permitted();
      const comment = (id: number, login: string, body: string) => ({ id, user: { login }, body });
      const comments = [
        comment(1, 'mallory', '<!-- tracewright --> Mine.'),
        comment(2, 'github-actions[bot]', '<!-- tracewright -->\n## Before'),
        comment(3, 'github-actions[bot]', 'Of another workflow, about <!-- tracewright -->.'),
      ];
      writeFileSync(join(workspace.folder, 'comments.json'), JSON.stringify(comments));
      expect((await runSteps(workspace)).Comment).toEqual({ code: 0, out: '', err: '' });
      expect(workspace.read('calls')).toContain(
        'gh api --silent --method PATCH repos/acme/shop/issues/comments/2 --field body=@tracewright.md\n',
      );
      expect(workspace.read('calls')).not.toContain('gh pr comment');
      expect(workspace.read('tracewright.md')).toMatch(/^<!-- tracewright -->\n/);
    });

    test('a pull request from a fork, which gets no token, fails and is told why', async () => {
      const ended = await runSteps(permitted(), { ACTIONS_ID_TOKEN_REQUEST_URL: '' });
      expect(Object.keys(ended)).toEqual(['Get a token']);
      expect(ended['Get a token']?.code).toBe(1);
      expect(ended['Get a token']?.out).toMatch(/^::error title=Tracewright::GitHub gives this run no token/);
    });

    test('denied: the report tells of it, and nothing is applied', async () => {
      const workspace = denied();
      const ended = await runSteps(workspace);
      expect(Object.entries(ended).map(([name, { code }]) => `${name} ${code}`)).toEqual([
        'Get a token 0',
        'Report 0',
        'Comment 0',
        'Compile 1',
      ]);
      expect(ended.Report?.out).toContain('::error file=app.yaml,line=');
      expect(ended.Compile?.out).toContain('overrides-denied');
      expect(workspace.read('calls')).not.toContain('kubectl');
    });

    test('a body that is not valid fails at the report, with the faults', async () => {
      const ended = await runSteps(new Workspace(tools, NGINX.replace('runAsNonRoot', 'runAsNonroot')));
      expect(ended.Report?.code).toBe(1);
      expect(ended.Report?.out).toContain('runAsNonroot');
    });
  });

  describe('GitLab CI', () => {
    const Job = z.object({ script: z.array(z.string()) });
    const jobs = z.object({ policies: Job, apply: Job }).parse(example('gitlab-ci/.gitlab-ci.yml'));
    const script = jobs.policies.script.join('\n');

    test('permitted: a test report and policies, which the next job applies', async () => {
      const workspace = permitted();
      expect(await workspace.run(script)).toEqual({ code: 0, out: '', err: '' });
      expect(workspace.read('tracewright.xml')).toContain('failures="0"');
      expect(policiesIn(workspace.read('policies.yaml'))).toBe(4);
      expect((await workspace.run(jobs.apply.script.join('\n'))).code).toBe(0);
      expect(workspace.read('calls')).toBe(
        'kubectl apply --prune --applyset=configmap/tracewright-policies --namespace web -f compiled.yaml -f policies.yaml\nkubectl apply -f app.yaml\n',
      );
    });

    test('denied: the job fails, and its report has the failures', async () => {
      const workspace = denied();
      const { code, out } = await workspace.run(script);
      expect(code).toBe(1);
      expect(out).toContain('overrides-denied');
      expect(workspace.read('tracewright.xml')).toContain('<failure type="NoPermitPolicy"');
    });

    test('credentials that are refused leave no report', async () => {
      const { code, out } = await permitted().run(script, { env: { TRACEWRIGHT_TOKEN: 'x' } });
      expect(code).toBe(1);
      expect(out).toContain('unauthenticated');
    });
  });

  describe('Argo CD', () => {
    const Plugin = z.object({
      spec: z.object({ generate: z.object({ command: z.array(z.string()), args: z.tuple([z.string()]) }) }),
    });
    const { command, args } = Plugin.parse(example('argo-cd/plugin.yaml')).spec.generate;
    const [first = '', ...rest] = command;
    const generate = (workspace: Workspace) =>
      workspace.run(args[0], {
        shell: [first, ...rest],
        env: { ARGOCD_APP_NAMESPACE: 'web', ARGOCD_APP_NAME: 'shop' },
      });

    test('permitted: the application and its policies', async () => {
      const { code, out } = await generate(permitted());
      expect(code).toBe(0);
      expect(policiesIn(out)).toBe(4);
      expect(parseAllDocuments(out).filter((document) => document.contents !== null)).toHaveLength(8);
    });

    test('a folder with a kustomization is rendered', async () => {
      const workspace = permitted();
      writeFileSync(join(workspace.folder, 'kustomization.yaml'), 'resources: [app.yaml]\n');
      expect(policiesIn((await generate(workspace)).out)).toBe(4);
      expect(workspace.read('calls')).toBe('kubectl kustomize .\n');
    });

    test('whatever Argo CD itself takes is rendered: other names of files, and charts', async () => {
      const files = permitted();
      renameSync(join(files.folder, 'app.yaml'), join(files.folder, 'app.yml'));
      expect(policiesIn((await generate(files)).out)).toBe(4);
      for (const name of ['kustomization.yml', 'Kustomization']) {
        const workspace = permitted();
        writeFileSync(join(workspace.folder, name), 'resources: [app.yaml]\n');
        expect((await generate(workspace)).code).toBe(0);
        expect(workspace.read('calls')).toBe('kubectl kustomize .\n');
      }
      const chart = permitted();
      mkdirSync(join(chart.folder, 'templates'));
      renameSync(join(chart.folder, 'app.yaml'), join(chart.folder, 'templates/app.yaml'));
      writeFileSync(join(chart.folder, 'Chart.yaml'), 'name: web\n');
      expect(policiesIn((await generate(chart)).out)).toBe(4);
      expect(chart.read('calls')).toBe('helm template shop . --namespace web --include-crds\n');
    });

    test('denied: nothing is generated, and Argo CD is told why', async () => {
      const { code, out, err } = await generate(denied());
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('overrides-denied');
    });
  });

  describe('Helm', () => {
    const render = (workspace: Workspace, chart: string, env: Readonly<Record<string, string>> = {}) =>
      workspace.run(join(root, 'examples/helm/tracewright-post-renderer'), {
        shell: ['sh', '-c', 'exec "$0" web'],
        input: chart,
        env,
      });
    const Plugin = z.strictObject({
      apiVersion: z.literal('v1'),
      type: z.literal('postrenderer/v1'),
      name: z.string().regex(/^[\w-]+$/),
      version: z.string().regex(/^\d+\.\d+\.\d+$/),
      runtime: z.literal('subprocess'),
      runtimeConfig: z.object({ platformCommand: z.tuple([z.object({ command: z.string() })]) }),
    });

    test('permitted: the chart and its policies, in the namespace of the release', async () => {
      const { code, out, err } = await render(permitted(), NGINX.replaceAll('  namespace: web\n', ''));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(policiesIn(out)).toBe(4);
      expect(out).toContain('namespace: web');
    });

    test('denied: the release fails', async () => {
      const workspace = denied();
      const { code, out, err } = await render(workspace, DENIED);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('overrides-denied');
      expect(workspace.has('tracewright-refused.json')).toBe(false);
    });

    test('is a plugin of Helm 4, which shows nothing of what it prints: the denial is in a file', async () => {
      const plugin = Plugin.parse(example('helm/plugin.yaml'));
      const [{ command }] = plugin.runtimeConfig.platformCommand;
      const file = command.replace(/\$\{HELM_PLUGIN_DIR\}/, join(root, 'examples/helm'));
      expect(statSync(file).mode & 0o111).toBe(0o111);
      const workspace = denied();
      const { code, out } = await render(workspace, DENIED, { HELM_PLUGIN_NAME: plugin.name });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(JSON.parse(workspace.read('tracewright-refused.json'))).toHaveProperty('denials');
    });
  });

  describe('KRM function', () => {
    const list = (text: string) =>
      `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- ${(
        text.split(/^---\n/m).at(-1) ?? ''
      )
        .replace(/^#.*\n/, '')
        .trim()
        .replaceAll('\n', '\n  ')}\n`;
    const evaluate = (workspace: Workspace, input: string) =>
      workspace.run(join(root, 'examples/krm/tracewright'), { shell: ['sh', '-c', 'exec "$0"'], input });
    const Items = z.object({ items: z.array(Manifest), results: z.array(z.looseObject({})).optional() });

    test('permitted: the list with its policies; a second run changes nothing', async () => {
      const first = await evaluate(permitted(), list(NGINX));
      expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
      expect(Items.parse(parse(first.out)).items).toHaveLength(5);
      expect((await evaluate(permitted(), first.out)).out).toBe(first.out);
    });

    test('denied: it fails, and its results say why', async () => {
      const { code, out } = await evaluate(denied(), list(DENIED));
      expect(code).toBe(1);
      expect(Items.parse(parse(out))).toMatchObject({
        items: [{ kind: 'DaemonSet' }],
        results: expect.any(Array),
      });
    });
  });

  describe('Flux', () => {
    const Rendered = z.looseObject({
      kind: z.string(),
      spec: z.looseObject({
        template: z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) }),
      }),
    });
    /** The labels of the pods of the Deployment among some objects. */
    const labelsOf = (text: string) =>
      parseAllDocuments(text).flatMap((document) => {
        const read = Rendered.safeParse(document.toJS());
        return read.success ? [read.data.spec.template.metadata.labels] : [];
      })[0];
    const publish = (workspace: Workspace) => {
      mkdirSync(join(workspace.folder, 'overlay'), { recursive: true });
      if (!workspace.has('overlay/kustomization.yaml'))
        writeFileSync(join(workspace.folder, 'overlay/kustomization.yaml'), 'resources: [app.yaml]\n');
      cpSync(join(workspace.folder, 'app.yaml'), join(workspace.folder, 'overlay', 'app.yaml'));
      return workspace.run(join(root, 'examples/flux/publish.sh'), {
        shell: ['sh', '-c', 'exec "$0" overlay oci://registry.example.org/shop'],
      });
    };

    test('permitted: workloads, policies and the labels they need are one artifact', async () => {
      const workspace = permitted();
      expect(await publish(workspace)).toEqual({ code: 0, out: '', err: '' });
      expect(policiesIn(workspace.read('artifact/policies.yaml'))).toBe(4);
      expect(labelsOf(workspace.read('artifact/app.yaml'))).toMatchObject({
        'lattice.dev/run-as-non-root': 'true',
      });
      expect(workspace.read('calls')).toMatch(
        /flux push artifact oci:\/\/registry.example.org\/shop:latest --path=artifact/,
      );
    });

    test('the labels are there also where the overlay renames its workloads', async () => {
      const workspace = permitted();
      mkdirSync(join(workspace.folder, 'overlay'), { recursive: true });
      writeFileSync(
        join(workspace.folder, 'overlay/kustomization.yaml'),
        'resources: [app.yaml]\nnamespace: web\nnamePrefix: blue-\n',
      );
      expect(await publish(workspace)).toEqual({ code: 0, out: '', err: '' });
      const text = workspace.read('artifact/app.yaml');
      expect(text).toContain('name: blue-nginx');
      expect(labelsOf(text)).toMatchObject({ 'lattice.dev/run-as-non-root': 'true' });
    });

    test('labels that are on no pod are a failure, and nothing is pushed', async () => {
      const workspace = permitted();
      const script = readFileSync('examples/flux/publish.sh', 'utf8');
      const without = script.replace('components: [tracewright]', '');
      expect(without).not.toBe(script);
      writeFileSync(join(workspace.folder, 'publish.sh'), without);
      mkdirSync(join(workspace.folder, 'overlay'), { recursive: true });
      cpSync(join(workspace.folder, 'app.yaml'), join(workspace.folder, 'overlay', 'app.yaml'));
      writeFileSync(join(workspace.folder, 'overlay/kustomization.yaml'), 'resources: [app.yaml]\n');
      const { code, err } = await workspace.run('publish.sh', {
        shell: ['sh', '-c', 'exec sh "$0" overlay oci://registry.example.org/shop'],
      });
      expect(code).toBe(1);
      expect(err).toContain('lattice.dev/run-as-non-root:true');
      expect(workspace.read('calls')).not.toContain('flux');
    });

    test('denied: nothing is pushed', async () => {
      const workspace = denied();
      const { code, err } = await publish(workspace);
      expect(code).toBe(1);
      expect(err).toContain('overrides-denied');
      expect(workspace.read('calls')).not.toContain('flux');
    });
  });

  describe('Tekton', () => {
    const Task = z.object({
      spec: z.object({
        steps: z.tuple([z.object({ script: z.string(), env: z.array(z.object({ name: z.string() })) })]),
      }),
    });
    const [{ script }] = Task.parse(example('tekton/task.yaml')).spec.steps;
    const run = (workspace: Workspace) =>
      workspace.run(script, {
        env: { URL: url, NAMESPACE: 'web', DIGEST: join(workspace.folder, 'digest') },
      });

    test('permitted: policies, and the digest of what permitted them', async () => {
      const workspace = permitted();
      expect(await run(workspace)).toEqual({ code: 0, out: '', err: '' });
      expect(policiesIn(workspace.read('policies.yaml'))).toBe(4);
      expect(workspace.read('digest')).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    test('denied: the task fails', async () => {
      const { code, out } = await run(denied());
      expect(code).toBe(1);
      expect(out).toContain('overrides-denied');
    });
  });
});

test('the webhook asks about every kind that we decide about, and fails closed', () => {
  const Webhook = z.object({
    webhooks: z.tuple([
      z.looseObject({
        failurePolicy: z.literal('Fail'),
        sideEffects: z.literal('None'),
        rules: z.array(
          z.object({
            operations: z.array(z.string()),
            apiGroups: z.tuple([z.string()]),
            apiVersions: z.array(z.string()).min(1),
            resources: z.array(z.string()),
            scope: z.string(),
          }),
        ),
      }),
    ]),
  });
  const [{ rules }] = Webhook.parse(example('admission/webhook.yaml')).webhooks;
  const asked = rules.flatMap(({ apiGroups: [group], apiVersions, resources }) =>
    apiVersions.flatMap((version) =>
      resources.map((resource) => `${group === '' ? '' : `${group}/`}${version} ${resource}`),
    ),
  );
  const known = KIND_NAMES.map(([apiVersion, kind]) => `${apiVersion} ${kind.toLowerCase()}s`);
  expect(asked.filter((each) => !each.includes('/ephemeral')).sort()).toEqual(known.sort());
  for (const { operations } of rules) expect(operations).toEqual(['CREATE', 'UPDATE']);
});

test('the webhook is not asked about what its matchConditions leave out, as they were tried on a real API server', () => {
  const Conditions = z.object({
    webhooks: z.tuple([
      z.looseObject({ matchConditions: z.array(z.object({ name: z.string(), expression: z.string() })) }),
    ]),
  });
  const conditions = (value: unknown) =>
    Conditions.parse(value).webhooks[0].matchConditions.map(({ name, expression }) => ({
      name,
      expression: expression.replaceAll(/\s+/g, ' ').trim(),
    }));
  const tried: unknown = parse(readFileSync('test/fixtures/webhook-match-conditions.yaml', 'utf8'));
  expect(conditions(example('admission/webhook.yaml'))).toEqual(conditions(tried));
});

test('every namespace that the webhook leaves out by name is guarded', () => {
  const text = readFileSync('examples/admission/webhook.yaml', 'utf8');
  const [, names = ''] = /values: \[(.*)\]/.exec(text) ?? [];
  const guard = readFileSync('examples/admission/namespaces.yaml', 'utf8');
  const [, guarded = ''] = /in \[(.*)\]\)/.exec(guard) ?? [];
  expect(names.split(', ').length).toBeGreaterThan(3);
  expect(guarded.replaceAll("'", '')).toBe(names);
  for (const document of parseAllDocuments(guard)) expect(document.errors).toEqual([]);
});

test('every image of the examples has a version, and none is one of Bitnami, whose versions are gone', () => {
  const files = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(gitlab-ci|tekton|github-actions)\/.*\.yaml$|\.yml$/.test(name),
  );
  const images = files.flatMap((file) =>
    [...readFileSync(`examples/${file}`, 'utf8').matchAll(/^ *image: (\S+)$/gm)].map(
      ([, image = '']) => image,
    ),
  );
  expect(images.length).toBeGreaterThanOrEqual(3);
  for (const image of images) expect(image).toMatch(/^(?!bitnami\/)[\w./-]+:v?\d+\.\d+/);
});
