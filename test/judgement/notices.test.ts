import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import imageEntrypoint from '../fixtures/notices/allowlist-without-image-entrypoint.annotation.yaml?raw';
import script from '../fixtures/notices/entrypoint-starts-others.script.yaml?raw';
import shell from '../fixtures/notices/entrypoint-starts-others.sh-c.yaml?raw';
import tini from '../fixtures/notices/entrypoint-starts-others.tini.yaml?raw';
import istio from '../fixtures/notices/injected-sidecar.istio-label.yaml?raw';
import markdown from '../fixtures/notices/markdown.yaml?raw';
import mergedUsr from '../fixtures/notices/usr-merge.bin-sleep.yaml?raw';
import { allowlistOf, told } from '../support/manifests.ts';
import { compilation, postJson, postYaml, problem, publish, yamlText } from '../support/worker.ts';

beforeAll(async () => {
  await publish('@id("all") permit (principal, action, resource);');
  await publish('@id("some") permit (principal == Lattice::Service::"a/b", action, resource);', 'nothing');
  await publish('@id("never") forbid (principal, action, resource);', 'never');
});

const CASES: [string, string, string][] = [
  ['a shell', 'LauncherStartsOthers', shell],
  ['a script', 'LauncherStartsOthers', script],
  ['tini', 'LauncherStartsOthers', tini],
  ["the image's entrypoint", 'ImageEntrypointNotDeclared', imageEntrypoint],
  ['Istio', 'ContainersInjectedLater', istio],
  ['a merged /usr', 'MergedUsrPathsNotListed', mergedUsr],
];

describe('what allowlists kill though nobody means it to', () => {
  test.each(CASES)('%s: a warning, and the policies all the same', async (_, code, text) => {
    const { notices, manifests } = await compilation(await postYaml('/compile', text));
    expect(told(notices).map((each) => `${each.level} ${each.code}`)).toEqual([`warning ${code}`]);
    expect(manifests.map(({ metadata }) => metadata.name)).toContain('allow-binaries-web--deployment');
  });

  test.each(
    CASES.flatMap(([name, code, text]) =>
      ['json', 'yaml', 'sarif', 'junit', 'github', 'markdown', 'ndjson', 'yaml-seq'].map(
        (output): [string, string, string, string] => [name, output, code, text],
      ),
    ),
  )('%s is told of in %s', async (_, output, code, text) => {
    const answer = await yamlText(await postYaml(`/compile?output=${output}`, text));
    // An annotation has the code as its title.
    expect(answer).toContain(output === 'github' ? code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ') : code);
  });

  test.each(CASES)(
    '%s is a warning of the webhook too, and a result of the KRM function',
    async (_, code, text) => {
      const object = z.looseObject({}).parse(parse(text));
      const review = {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: { uid: 'x', operation: 'CREATE', namespace: 'shop', name: 'web', object },
      };
      const Answer = z.looseObject({
        response: z.looseObject({ allowed: z.literal(true), warnings: z.array(z.string()) }),
      });
      const { response } = Answer.parse(await (await postJson('/admission', review)).json());
      expect(response.warnings).toHaveLength(1);
      const [notice] = (await compilation(await postYaml('/compile', text))).notices;
      expect(response.warnings[0]).toContain(notice?.message.slice(0, 100));
      const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [object] };
      expect(await (await postJson('/krm', list)).text()).toContain(`"rule": "${code}"`);
    },
  );

  test('the option mergedUsr lists both names', async () => {
    const answer = await compilation(await postYaml('/compile?mergedUsr=true', mergedUsr));
    expect(told(answer.notices)).toEqual([]);
    expect(allowlistOf(answer.manifests)).toEqual(['/app/server', '/bin/sleep', '/usr/bin/sleep']);
    expect(JSON.stringify(answer.manifests)).toContain('"lattice.dev/merged-usr":"true"');
    await publish('@id("all") permit (principal, action, resource);', 'strict', {
      settings: { authorizeEntrypoints: false, options: { mergedUsr: ['false'] } },
    });
    await problem(await postYaml('/compile?policySet=strict&mergedUsr=true', mergedUsr), 'option-forbidden');
  });
});

describe('the first denial: neither a command nor a list of binaries', () => {
  const kubernetes = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      },
    },
  };
  const lattice = {
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeService',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { workload: { containers: [{ name: 'web', image: 'web:1' }] } },
  };
  const ANNOTATION = 'the annotation runtime.lattice.dev/allowed-binaries of the pod template';
  const FIELD = 'securityContext.allowedBinaries';
  const way = (place: string) =>
    `Set its command, with an absolute path first, or list its binaries by their absolute paths in ${place}.`;

  test.each([
    ['Kubernetes', kubernetes, ANNOTATION],
    ['Lattice', lattice, FIELD],
  ])(
    '%s: the answer says what is missing and where to say it, before it offers the wildcard',
    async (_, body, place) => {
      const { detail, denials = [] } = await problem(
        await postJson('/compile?policySet=nothing', body),
        'overrides-denied',
      );
      expect(detail).toContain('The container has no command and no allowed binaries');
      expect(detail).toContain(way(place));
      expect(denials.map(({ advice }) => advice?.includes(way(place)))).toEqual([true]);
      const [denial = {}] = denials;
      expect(Object.keys(denial).indexOf('advice')).toBeLessThan(
        Object.keys(denial).indexOf('suggestedPermit'),
      );
    },
  );

  test.each(['sarif', 'junit', 'github', 'markdown'])('in %s', async (output) => {
    const text = await (await postJson(`/compile?policySet=nothing&output=${output}`, kubernetes)).text();
    const plain = text.replaceAll('`', '');
    expect(plain).toContain(way(ANNOTATION));
    const permit = plain.indexOf('permit (');
    expect(output === 'github' ? permit : Math.sign(permit - plain.indexOf(way(ANNOTATION)))).toBe(
      output === 'github' ? -1 : 1,
    );
  });

  test('in results of KRM functions and in reviews of the API server', async () => {
    const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [kubernetes] };
    expect(await (await postJson('/krm?policySet=nothing', list)).text()).toContain(way(ANNOTATION));
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'x', operation: 'CREATE', namespace: 'shop', name: 'web', object: kubernetes },
    };
    expect(await (await postJson('/admission?policySet=nothing', review)).text()).toContain(way(ANNOTATION));
  });

  test.each([
    [
      'an entrypoint without an absolute path',
      { command: ['nginx'] },
      'Write its absolute path, or list it in',
    ],
    [
      'the wildcard itself',
      { securityContext: { allowedBinaries: ['*'] } },
      'Instead of *, list the binaries by their absolute paths in securityContext.allowedBinaries.',
    ],
  ])('%s', async (_, container, words) => {
    const body = structuredClone(lattice);
    Object.assign(body.spec.workload.containers[0] ?? {}, container);
    const { denials } = await problem(await postJson('/compile?policySet=nothing', body), 'overrides-denied');
    expect(denials?.[0]?.advice).toContain(words);
  });

  test('what is permitted, and other overrides, have no advice', async () => {
    const answer = await compilation(await postJson('/compile', kubernetes));
    expect(answer.decisions.map(({ advice }) => advice)).toEqual([undefined]);
  });
});

describe('where a forbid decides', () => {
  test.each(['json', 'sarif', 'junit', 'github', 'markdown'])(
    'no permit is offered in %s',
    async (output) => {
      const answer = await postYaml(`/compile?policySet=never&output=${output}`, imageEntrypoint);
      const text = await yamlText(answer);
      expect(answer.status).toBe(403);
      expect(text).toContain('forbidden by never'.slice(output === 'json' ? 13 : 0));
      expect(text.toLowerCase()).not.toMatch(/permit \(|suggestedpermit|permits to ask|permit to ask/);
    },
  );
});

test('nothing of a hostile body becomes a link or a mention in Markdown', async () => {
  const text = await (await postYaml('/compile?output=markdown', markdown)).text();
  expect(text).toMatch(/`[^`]*evil\.example\/login @octocat #1 <img src=x onerror=alert\(1\)>[^`]*`/);
  expect(text.replaceAll(/`[^`]*`/g, '')).not.toMatch(/evil|octocat|onerror/);
});
