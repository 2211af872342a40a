import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';
import { compiled, faults, service, workloads } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a document asks for, each with its container and the pointer to the value that asks. */
function asks(document: unknown): string[] {
  return workloads(JSON.stringify(document)).flatMap((workload) =>
    securityOverrides(workload, { authorizeEntrypoints: false }).map(
      ({ id, container, path }) => `${workload.name} ${container ?? 'pod'} ${id} ${toPointer(path)}`,
    ),
  );
}

function notices(document: unknown): string[] {
  const parsed = parseDocuments(JSON.stringify(document), 'json');
  const read = readWorkloads(parsed.ok ? parsed.documents : []);
  return read.ok ? read.notices.map(({ code, path }) => `${code} ${toPointer(path)}`) : [];
}

const SECURITY = '/spec/workload/containers/app/security';
const NATIVE = '/spec/workload/containers/app/securityContext';

/** A service with one container, whose security context stands under the key of the CRD. */
function crd(security: unknown): Fields {
  return service({ app: { image: 'a:1', command: ['/bin/app'], security } });
}

/** The same, under the key of the specification. */
function native(securityContext: unknown): Fields {
  return service({ app: { image: 'a:1', command: ['/bin/app'], securityContext } });
}

describe('both spellings of a security context ask for the same, where each was written', () => {
  test.each<[string, Fields, readonly string[]]>([
    [
      'a list of capabilities is that of the added ones',
      crd({ capabilities: ['NET_ADMIN', 'cap_bpf'] }),
      [`capability:BPF ${SECURITY}/capabilities/1`, `capability:NET_ADMIN ${SECURITY}/capabilities/0`],
    ],
    ['an empty list adds nothing', crd({ capabilities: [] }), []],
    ['dropCapabilities', crd({ dropCapabilities: ['ALL'] }), []],
    ['dropCapabilities in lower case', crd({ dropCapabilities: ['all'], capabilities: [] }), []],
    [
      'added ones in the long form, and dropped ones in the short form',
      crd({ capabilities: { add: ['BPF'] }, dropCapabilities: ['ALL'] }),
      [`capability:BPF ${SECURITY}/capabilities/add/0`],
    ],
    [
      'the short form under the key of the specification',
      native({ capabilities: ['BPF'], dropCapabilities: ['ALL'] }),
      [`capability:BPF ${NATIVE}/capabilities/0`],
    ],
    [
      'the long form under the key of the CRD',
      crd({ capabilities: { add: ['BPF'], drop: ['ALL'] }, seccompProfile: { type: 'Unconfined' } }),
      [`capability:BPF ${SECURITY}/capabilities/add/0`, `seccomp:Unconfined ${SECURITY}/seccompProfile/type`],
    ],
    [
      'both say that all are dropped',
      crd({ capabilities: { drop: ['ALL'] }, dropCapabilities: ['all'] }),
      [],
    ],
    [
      'a seccomp profile as a string',
      crd({ seccompProfile: 'Unconfined' }),
      [`seccomp:Unconfined ${SECURITY}/seccompProfile`],
    ],
    [
      'a file of a seccomp profile',
      crd({ seccompProfile: 'Localhost', seccompLocalhostProfile: 'p.json' }),
      [`seccomp:Localhost ${SECURITY}/seccompProfile`],
    ],
    [
      'a file beside a profile in the long form',
      crd({ seccompProfile: { type: 'Localhost' }, seccompLocalhostProfile: 'p.json' }),
      [`seccomp:Localhost ${SECURITY}/seccompProfile/type`],
    ],
    [
      'an AppArmor profile as a string',
      crd({ apparmorProfile: 'Unconfined' }),
      [`apparmor:Unconfined ${SECURITY}/apparmorProfile`],
    ],
    [
      'a file of an AppArmor profile',
      crd({ apparmorProfile: 'Localhost', apparmorLocalhostProfile: 'p' }),
      [`apparmor:Localhost ${SECURITY}/apparmorProfile`],
    ],
    [
      'an AppArmor profile in the long form',
      crd({ appArmorProfile: { type: 'Unconfined' } }),
      [`apparmor:Unconfined ${SECURITY}/appArmorProfile/type`],
    ],
    [
      'the long form under the short name',
      crd({ apparmorProfile: { type: 'Unconfined' } }),
      [`apparmor:Unconfined ${SECURITY}/apparmorProfile/type`],
    ],
    [
      'an AppArmor profile twice, with one meaning',
      crd({ apparmorProfile: 'Unconfined', appArmorProfile: { type: 'Unconfined' } }),
      [`apparmor:Unconfined ${SECURITY}/appArmorProfile/type`],
    ],
    ['a profile that is the default', crd({ seccompProfile: 'RuntimeDefault' }), []],
    [
      'null is the same as left out',
      crd({ capabilities: null, dropCapabilities: null, seccompProfile: null, apparmorProfile: null }),
      [],
    ],
    [
      'the key of one spelling with a value, that of the other with null',
      service({
        app: { image: 'a', command: ['/bin/app'], security: null, securityContext: { privileged: true } },
      }),
      [`privileged ${NATIVE}/privileged`],
    ],
  ])('%s', (_, document, expected) => {
    expect(asks(document)).toEqual(expected.map((each) => `web app ${each}`));
  });

  test('both compile to the same manifests', () => {
    const one = compiled(
      native({
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
      }),
    );
    const other = compiled(
      crd({
        capabilities: ['NET_ADMIN'],
        dropCapabilities: ['ALL'],
        seccompProfile: 'RuntimeDefault',
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
      }),
    );
    expect(other.manifests).toEqual(one.manifests);
  });
});

describe('what is said in both spellings must not differ', () => {
  const twice = (other: string): string => `This says otherwise than ${other}. Give one of them.`;
  test.each<[string, Fields, string]>([
    [
      'security and securityContext',
      service({ app: { image: 'a', command: ['/a'], security: {}, securityContext: { privileged: true } } }),
      `${SECURITY}: Give either security or securityContext, not both.`,
    ],
    [
      'dropped capabilities',
      crd({ capabilities: { drop: ['ALL'] }, dropCapabilities: [] }),
      `${SECURITY}/dropCapabilities: ${twice('capabilities.drop')}`,
    ],
    [
      'dropped capabilities, of which one runtime drops one list',
      crd({ capabilities: { drop: ['NET_RAW'] }, dropCapabilities: ['CAP_NET_RAW'] }),
      `${SECURITY}/dropCapabilities: ${twice('capabilities.drop')}`,
    ],
    [
      'an AppArmor profile',
      crd({ appArmorProfile: { type: 'RuntimeDefault' }, apparmorProfile: 'Unconfined' }),
      `${SECURITY}/apparmorProfile: ${twice('appArmorProfile')}`,
    ],
    [
      'the file of a profile',
      crd({ seccompProfile: { type: 'Localhost', localhostProfile: 'a' }, seccompLocalhostProfile: 'b' }),
      `${SECURITY}/seccompLocalhostProfile: ${twice('seccompProfile.localhostProfile')}`,
    ],
  ])('%s', (_, document, expected) => {
    expect(faults(document)).toEqual([expected]);
  });
});

describe('what is of no spelling is refused where it stands', () => {
  const types = 'one of RuntimeDefault, Unconfined and Localhost';
  test.each<[string, Fields, string]>([
    [
      'a capability that does not exist',
      crd({ capabilities: ['FLY'] }),
      'capabilities/0: Not a Linux capability: see capabilities(7).',
    ],
    [
      'a dropped one that does not exist',
      crd({ dropCapabilities: ['ALL', 'CAP_FLY'] }),
      'dropCapabilities/1: Not a Linux capability: see capabilities(7).',
    ],
    [
      'one capability without a list',
      crd({ capabilities: 'BPF' }),
      'capabilities: Expected a mapping or a list, not a string.',
    ],
    [
      'one dropped capability without a list',
      crd({ dropCapabilities: 'ALL' }),
      'dropCapabilities: Expected a list, not a string.',
    ],
    ['a list of no strings', crd({ capabilities: [7] }), 'capabilities/0: Expected a string, not 7.'],
    [
      'a profile of another case',
      crd({ seccompProfile: 'unconfined' }),
      `seccompProfile: Expected ${types}, not "unconfined". Did you mean Unconfined?`,
    ],
    [
      'a profile of another case under the short name',
      crd({ apparmorProfile: 'unconfined' }),
      `apparmorProfile: Expected ${types}, not "unconfined". Did you mean Unconfined?`,
    ],
    [
      'a file without a profile',
      crd({ seccompLocalhostProfile: 'p' }),
      `seccompLocalhostProfile/type: This is missing: expected ${types}.`,
    ],
    [
      'a misspelt name of the CRD',
      crd({ dropCapabilites: ['ALL'] }),
      'dropCapabilites: Unknown field "dropCapabilites". Did you mean dropCapabilities?',
    ],
    [
      'an unknown key beside short ones',
      crd({ capabilities: ['BPF'], add: ['BPF'] }),
      'add: Unknown field "add".',
    ],
    ['a list of contexts', crd([{ privileged: true }]), ': Expected a mapping, not a list.'],
  ])('%s', (_, document, expected) => {
    const slash = expected.startsWith(':') ? '' : '/';
    expect(faults(document)).toEqual([`${SECURITY}${slash}${expected}`]);
  });
});

const FOURTEEN =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  );

describe('a capability counts as dropped where every container runtime drops it', () => {
  const pod = (drop: readonly string[], more: Fields = {}): Fields => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      containers: [
        { name: 'app', command: ['/bin/app'], securityContext: { capabilities: { drop }, ...more } },
      ],
    },
  });
  const forms = [
    [
      'Lattice, CRD',
      (drop: readonly string[]) => crd({ dropCapabilities: drop }),
      `${SECURITY}/dropCapabilities`,
    ],
    [
      'Lattice',
      (drop: readonly string[]) => native({ capabilities: { drop } }),
      `${NATIVE}/capabilities/drop`,
    ],
    ['Kubernetes', pod, '/spec/containers/0/securityContext/capabilities/drop'],
  ] as const;
  const cases: readonly (readonly [readonly string[], readonly string[], readonly number[]])[] = [
    [['ALL'], FOURTEEN, []],
    [['all'], FOURTEEN, []],
    [['net_raw'], ['NET_RAW'], []],
    [['CAP_NET_RAW'], [], [0]],
    [['cap_net_raw'], [], [0]],
    [['CAP_ALL'], [], [0]],
    [['CAP_ALL', 'KILL'], ['KILL'], [0]],
    [['KILL', 'CAP_NET_RAW', 'CAP_CHOWN'], ['KILL'], [1, 2]],
    [['CAP_NET_RAW', 'NET_RAW'], ['NET_RAW'], []],
    [['CAP_NET_RAW', 'CAP_NET_RAW'], [], [0]],
    [['ALL', 'CAP_NET_RAW'], FOURTEEN, []],
  ];
  test.each(forms.flatMap(([name, form, at]) => cases.map((each) => [name, ...each, form, at] as const)))(
    '%s: %j drops %j',
    (_, drop, dropped, noted, form, at) => {
      const kept = FOURTEEN.filter((name) => !dropped.includes(name));
      expect(asks(form(drop))).toEqual(kept.map((name) => `web app capability:${name} ${at}`));
      expect(notices(form(drop))).toEqual(noted.map((index) => `CapabilityNotDropped ${at}/${index}`));
    },
  );

  test('what may be kept is not killed', () => {
    const capset = (drop: readonly string[]): string =>
      JSON.stringify(
        compiled(crd({ dropCapabilities: drop })).manifests.find(({ metadata }) =>
          metadata.name.startsWith('block-capset'),
        ),
      );
    expect(capset(['CAP_NET_RAW'])).toBe(capset([]));
    expect(capset(['NET_RAW'])).not.toBe(capset([]));
  });

  test('a privileged container asks for that, and not for what it keeps besides', () => {
    const document = crd({ privileged: true, dropCapabilities: ['NET_RAW'], capabilities: ['SYS_TIME'] });
    expect(asks(document)).toEqual([
      `web app capability:SYS_TIME ${SECURITY}/capabilities/0`,
      `web app privileged ${SECURITY}/privileged`,
    ]);
    expect(asks(pod(['NET_RAW'], { privileged: true }))).toEqual([
      'web app privileged /spec/containers/0/securityContext/privileged',
    ]);
  });
});

describe('what the CRD has beside the workload', () => {
  const proxy = { proxy: { image: 'p:1', security: { privileged: true } } };

  test('sidecars and switches of a service', () => {
    const document = service(
      { app: { image: 'a', command: ['/a'] } },
      { sidecars: proxy, hostNetwork: true, shareProcessNamespace: true },
    );
    expect(asks(document)).toEqual([
      'web proxy allowedBinary:* /spec/sidecars/proxy',
      'web pod hostNetwork /spec/hostNetwork',
      'web proxy privileged /spec/sidecars/proxy/security/privileged',
      'web pod shareProcessNamespace /spec/shareProcessNamespace',
    ]);
  });

  test('sidecars in both places are all read', () => {
    const other = { other: { image: 'o:1', command: ['/o'], securityContext: { runAsUser: 0 } } };
    const document = service(
      { app: { image: 'a', command: ['/a'] } },
      { sidecars: proxy, runtime: { sidecars: other } },
    );
    expect(asks(document)).toEqual([
      'web proxy allowedBinary:* /spec/sidecars/proxy',
      'web proxy privileged /spec/sidecars/proxy/security/privileged',
      'web other runAsRoot /spec/runtime/sidecars/other/securityContext/runAsUser',
    ]);
  });

  test('one name in both places is a fault', () => {
    const document = service(
      { app: { image: 'a', command: ['/a'] } },
      { sidecars: proxy, runtime: { sidecars: proxy } },
    );
    expect(faults(document)).toEqual(['/spec/sidecars/proxy: The container name proxy is used twice.']);
  });
});
