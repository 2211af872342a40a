import { beforeAll, describe, expect, test } from 'vitest';
import imageEntrypoint from '../fixtures/notices/allowlist-without-image-entrypoint.annotation.yaml?raw';
import script from '../fixtures/notices/entrypoint-starts-others.script.yaml?raw';
import shell from '../fixtures/notices/entrypoint-starts-others.sh-c.yaml?raw';
import tini from '../fixtures/notices/entrypoint-starts-others.tini.yaml?raw';
import istio from '../fixtures/notices/injected-sidecar.istio-label.yaml?raw';
import mergedUsr from '../fixtures/notices/usr-merge.bin-sleep.yaml?raw';
import { allowlistOf } from '../support/manifests.ts';
import { compilation, postYaml, publish, yamlText } from '../support/worker.ts';

beforeAll(async () => {
  await publish('@id("all") permit (principal, action, resource);');
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
    expect(notices.map((each) => `${each.level} ${each.code}`)).toEqual([`warning ${code}`]);
    expect(manifests.map(({ metadata }) => metadata.name)).toContain('allow-binaries-web');
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

  test('the option mergedUsr lists both names', async () => {
    const answer = await compilation(await postYaml('/compile?mergedUsr=true', mergedUsr));
    expect(answer.notices).toEqual([]);
    expect(allowlistOf(answer.manifests)).toEqual(['/app/server', '/bin/sleep', '/usr/bin/sleep']);
  });
});
