import fc from 'fast-check';
import type { Kprobe, Selector } from '../../src/compiler/emit/kprobe.ts';
import type { Manifest } from '../../src/compiler/emit/tracing-policy.ts';

/** Words that some reader of YAML does not take for strings, or that look like its syntax. */
const WORDS =
  'y Y n N yes Yes YES no On ON off true True false null Null ~ = << 0 1 010 0o10 0x1F 0b101 1_000 1e3 .5 +1 -1 1:30 .inf .NaN 2001-01-01 e1 e8042579 E5 kprobes /bin/sh /a.b- -a ? - --- ... %a &a *a !a !!str @a `a | > # [a] {a:b} a: a:b a#b , []'.split(
    ' ',
  );

/** Strings that every reader of YAML reads in double quotes, and that need no escape there. */
export const unescapedText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...WORDS, '', ' a', 'a ', 'a: b', 'a #b') },
  { weight: 5, arbitrary: fc.stringMatching(/^\/?[A-Za-z]{1,8}([/._-][A-Za-z0-9]{1,8}){0,6}$/) },
  ...[0, 25].map((minLength) => ({
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom(..."aAeEzZ019/_.-+:~ ,#[]{}&*!|>%@`'=<?ü€\u{1f512}"),
      minLength,
      maxLength: 4 * minLength + 12,
    }),
  })),
);

/** Strings of which most need an escape in double quotes. */
export const escapedText: fc.Arbitrary<string> = fc.oneof(
  unescapedText,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(...'abc  \n\n\t"\\\r\0\u0007\u001b\u007f\u0085\u00a0\u2028\ufeff', '\ud800'),
    maxLength: 60,
  }),
);

/** Manifests in every form that their schema has, with such strings wherever it takes any. */
export function anyManifest(text: fc.Arbitrary<string>): fc.Arbitrary<Manifest> {
  const texts = fc.array(text, { minLength: 1, maxLength: 5 });
  const record = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
  const selector = fc.record(
    {
      matchLabels: record,
      matchExpressions: fc.array(
        fc.oneof(
          fc.record({ key: text, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: texts }),
          fc.record({ key: text, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const options = fc.subarray([
    { name: 'policy-mode' as const, value: 'monitor' as const },
    { name: 'disable-kprobe-multi' as const, value: '1' as const },
  ]);
  const spec = fc.record(
    {
      podSelector: selector,
      containerSelector: fc.option(selector, { nil: undefined }),
      options,
      kprobes: fc.array(kprobe(text), { maxLength: 3 }),
    },
    { requiredKeys: ['podSelector', 'kprobes'] },
  );
  const about = { apiVersion: fc.constant('cilium.io/v1alpha1' as const), spec };
  const metadata = { name: text, labels: record, annotations: fc.option(record, { nil: undefined }) };
  return fc.oneof(
    fc.record({
      ...about,
      kind: fc.constant('TracingPolicy' as const),
      metadata: fc.record(metadata, { requiredKeys: ['name', 'labels'] }),
    }),
    fc.record({
      ...about,
      kind: fc.constant('TracingPolicyNamespaced' as const),
      metadata: fc.record(
        { ...metadata, namespace: text },
        { requiredKeys: ['name', 'labels', 'namespace'] },
      ),
    }),
  );
}

function kprobe(text: fc.Arbitrary<string>): fc.Arbitrary<Kprobe> {
  const values = fc.array(text, { minLength: 1, maxLength: 4 });
  const arg = fc.record(
    {
      index: fc.nat(5),
      type: fc.constantFrom('file' as const, 'linux_binprm' as const, 'uint32' as const),
      resolve: text,
      label: text,
    },
    { requiredKeys: ['index', 'type'] },
  );
  const actions = fc.constantFrom<Selector['matchActions']>(
    [{ action: 'Sigkill' }],
    [{ action: 'NoPost' }],
    [{ action: 'Override', argError: -1 }],
    [{ action: 'Override', argError: -1 }, { action: 'Sigkill' }],
  );
  const selector = fc.record(
    {
      matchArgs: fc.array(
        fc.record({
          args: fc.tuple(fc.nat(4)),
          operator: fc.constantFrom('Equal' as const, 'NotEqual' as const, 'Mask' as const),
          values,
        }),
        { maxLength: 2 },
      ),
      matchPIDs: fc.array(
        fc.record({
          operator: fc.constant('NotIn' as const),
          values: fc.array(fc.nat(), { maxLength: 3 }),
          isNamespacePID: fc.boolean(),
          followForks: fc.boolean(),
        }),
        { maxLength: 1 },
      ),
      matchNamespaces: fc.constant<NonNullable<Selector['matchNamespaces']>>([
        { namespace: 'Pid', operator: 'NotIn', values: ['host_ns'] },
      ]),
      matchCapabilities: fc.array(
        fc.record({
          type: fc.constant('Effective' as const),
          operator: fc.constant('NotIn' as const),
          values,
        }),
        { maxLength: 1 },
      ),
      matchActions: actions,
    },
    { requiredKeys: ['matchActions'] },
  );
  return fc.record(
    {
      call: text,
      syscall: fc.boolean(),
      message: text,
      tags: fc.array(text, { maxLength: 4 }),
      ignore: fc.constant({ callNotFound: true as const }),
      args: fc.array(arg, { maxLength: 3 }),
      selectors: fc.array(selector, { maxLength: 3 }),
    },
    { requiredKeys: ['call', 'syscall', 'message', 'tags', 'selectors'] },
  );
}
