import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { postCase } from '../support/cases.ts';
import { ADMIN } from '../support/credentials.ts';
import { running } from '../support/kubernetes.ts';
import { app, service } from '../support/services.ts';
import { postJson, problem, publish, send } from '../support/worker.ts';

beforeAll(async () => {
  await publish('permit (principal, action, resource);');
});

/** What the schema library says where nobody has found words. */
const LIBRARY =
  /Invalid (input|option|key|union|element|string|number|discriminator|date|UUID|URL)|Too (small|big)|Unrecognized|, received |expected (string|number|boolean|array|object|record|int)\b|<=|>=/;

/** The messages of an answer that is a problem; none of them is the library's. */
async function messages(response: Response): Promise<string[]> {
  const text = await response.text();
  expect(text).not.toMatch(LIBRARY);
  return [...text.matchAll(/"message": "((?:[^"\\]|\\.)*)"/g)].map(([, message]) =>
    JSON.parse(`"${message}"`),
  );
}

describe('messages in words', () => {
  test.each<[string, RegExp]>([
    ['message.yaml11-boolean.yaml', /kubectl reads a plain yes as true: write true/],
    ['message.missing-selector.yaml', /A selector is missing\. Is this a kustomize patch\?/],
    ['message.container-field-on-pod.yaml', /it belongs in each container's securityContext/],
  ])('%s', async (name, expected) => {
    const found = await messages(await postCase('/compile', name));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test.each<[string, unknown, string]>([
    [
      'a string of digits',
      running({ securityContext: { runAsUser: '0' } }),
      'Expected a number, not the string "0". Write it without quotes.',
    ],
    ['a fraction', running({ securityContext: { runAsUser: 1.5 } }), 'Expected a whole number, not 1.5.'],
    [
      'an empty enumeration',
      running({ securityContext: { seccompProfile: { type: '' } } }),
      'Expected one of RuntimeDefault, Unconfined and Localhost, not "".',
    ],
    [
      'a field of the pod',
      running({ securityContext: { fsGroup: 1 } }),
      'Unknown field "fsGroup": it belongs in the pod\'s securityContext.',
    ],
    [
      'allowedBinaries of Lattice',
      running({ securityContext: { allowedBinaries: ['/a'] } }),
      'The field "allowedBinaries" is not one of Kubernetes; it belongs in the annotation runtime.lattice.dev/allowed-binaries of the pod template.',
    ],
    ['containers of another type', service('x'), 'Expected a list or a mapping, not a string.'],
    [
      'a label key',
      { ...service([app()]), metadata: { name: 'a', namespace: 'b', labels: { '-': 'x' } } },
      'Not a label key.',
    ],
    ['no containers', running({}, { containers: null }), 'Expected a list, not null.'],
  ])('%s', async (_, body, expected) => {
    expect(await messages(await postJson('/compile', body))).toEqual([expected]);
  });

  test.each([
    ['scop=pod', 'There is no parameter "scop". Did you mean scope?'],
    ['policy-set=x', 'There is no parameter "policy-set". Did you mean policySet?'],
    ['frobnicate=1', 'There is no parameter "frobnicate".'],
    ['mode=enforced', 'Expected one of enforce and monitor, not "enforced". Did you mean enforce?'],
  ])('the query %s', async (query, expected) => {
    const { faults } = await problem(
      await postJson(`/compile?${query}`, service([app()])),
      'invalid-request',
    );
    expect(faults?.map(({ message }) => message)).toEqual([expected]);
  });
});

test('no answer to a wrong body or query holds the words of the schema library', async () => {
  const paths = fc.constantFrom(
    ['POST', '/compile'],
    ['POST', '/authorize'],
    ['POST', '/krm'],
    ['POST', '/admission'],
    ['POST', '/keys'],
    ['POST', '/policy-sets'],
    ['POST', '/policy-sets/default/versions:check'],
    ['PUT', '/policy-sets/default/aliases/active'],
    ['POST', '/verify'],
  );
  const value = fc.oneof(
    // A message repeats what was sent, and that may look like a word of the library.
    fc.jsonValue({ maxDepth: 2 }).filter((each) => !LIBRARY.test(JSON.stringify(each))),
    fc.constantFrom<unknown>(null, '', -1, 1.5, [], {}, 'yes', [null], { a: 1 }, 'x'.repeat(600)),
  );
  const keys = fc.constantFrom(
    ...'spec template metadata containers selector securityContext capabilities add workload tasks roles name namespace labels annotations policies schema entities settings tests message policySet version principal overrides request uid operation object items functionConfig payload signatures expiresAt version description'.split(
      ' ',
    ),
  );
  const { body } = fc.letrec<{ body: unknown }>((tie) => ({
    body: fc.oneof(
      { maxDepth: 5 },
      value,
      fc.array(tie('body'), { maxLength: 2 }),
      fc.dictionary(keys, tie('body'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  const head = fc.constantFrom<object>(
    {},
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { apiVersion: 'v1', kind: 'Pod' },
    { apiVersion: 'v1', kind: 'ReplicationController' },
    { apiVersion: 'lattice.dev/v1alpha1', kind: 'LatticeService' },
    { apiVersion: 'lattice.dev/v1alpha1', kind: 'LatticeJob' },
    { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList' },
    { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
  );
  const query = fc.constantFrom('', '?mode=x', '?layout=', '?rootfsMagic=z', '?limit=x', '?output=y&scope=1');
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(paths, head, body, query, async ([method = '', path = ''], first, rest, parameters) => {
      const sent =
        typeof rest === 'object' && rest !== null && !Array.isArray(rest) ? { ...rest, ...first } : rest;
      const answer = await send(`${path}${parameters}`, {
        method,
        body: JSON.stringify(sent),
        headers: { ...ADMIN, 'content-type': 'application/json' },
      });
      expect(answer.status).toBeLessThan(500);
      for (const message of await messages(answer)) seen.add(message);
    }),
    { numRuns: 1_500 },
  );
  expect(seen.size).toBeGreaterThan(20);
});
