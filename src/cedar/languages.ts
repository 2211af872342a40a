import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { cedarQuestion, completeAccessEntity } from './access-entities.ts';
import type { AccessQuestion } from './access-question.ts';
import type { Caller } from './caller.ts';
import { type CedarRequest, requestOf } from './engine.ts';
import LATTICE_SCHEMA from './lattice.cedarschema';
import { completeEntity, questionsOf } from './override-entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';
import TRACEWRIGHT_SCHEMA from './tracewright.cedarschema';

/** The vocabulary of the policies of a set: its schema, and the requests that policies decide about. */
export interface PolicyLanguage {
  /** The file name of the schema. */
  readonly name: string;
  /** The Cedar schema. */
  readonly schema: string;
  /**
   * Sample requests that every schema of a set must cover. Some have everything that a request can have, and some
   * have nothing optional. There are several entities of each type whose ids are free.
   */
  probes(): readonly CedarRequest[];
  /**
   * The ids of actions that are newer than the schemas which sets may have copied. A schema need not have them,
   * because then no policy of the set can name them.
   */
  readonly laterActions: readonly string[];
  /** Optional attributes that are newer likewise, by the type of their entities. */
  readonly laterAttributes: Readonly<Record<string, readonly string[]>>;
  /** An entity of a policy set as it will be in a request. */
  complete(entity: EntityJson): EntityJson;
}

const NO_ENTITIES: ReadonlyMap<string, EntityJson> = new Map();

const WORKLOADS: readonly Principal[] = [
  { namespace: 'shop', name: 'web', kind: 'service', labels: { team: 'payments' } },
  { namespace: 'media', name: 'encoder', kind: 'job', labels: {} },
];
const OF_POD = { container: undefined, image: undefined, implicit: false };
const OVERRIDES: readonly OverrideRequest[] = [
  { id: 'allowedBinary:/bin/sh', category: 'binary', container: 'web', image: 'web:1', implicit: false },
  { id: 'hostNetwork', category: 'pod', container: undefined, image: undefined, implicit: true },
  { id: 'hostPath:/var/log', category: 'volume', ...OF_POD, readOnly: true },
  { id: 'hostPort:80', category: 'network', container: 'web', image: 'web:1', implicit: false },
];

/** The language of sets that decide about workloads. */
export const LATTICE: PolicyLanguage = {
  name: 'lattice.cedarschema',
  schema: LATTICE_SCHEMA,
  probes: () =>
    WORKLOADS.flatMap((principal) => {
      const toQuestion = questionsOf(principal, NO_ENTITIES);
      return OVERRIDES.map(toQuestion).map((question) => requestOf(question, question.own));
    }),
  laterActions: [],
  laterAttributes: { 'Lattice::SecurityOverride': ['readOnly', 'port'] },
  complete: completeEntity,
};

const NOBODY: Caller = {
  kind: 'oidc',
  issuer: 'https://example.org',
  subject: 'a',
  scopes: [],
  groups: [],
  claims: {},
};
const CALLERS: readonly Caller[] = [
  NOBODY,
  {
    ...NOBODY,
    subject: 'b',
    scopes: ['read'],
    groups: ['platform'],
    email: 'ada@example.org',
    repository: 'acme/shop',
    ref: 'refs/heads/main',
    environment: 'production',
    claims: { actor: 'ada' },
  },
];
const QUESTIONS: readonly AccessQuestion[] = [
  { action: 'read', policySet: undefined },
  { action: 'read', policySet: 'default' },
  { action: 'publish', policySet: 'default' },
  { action: 'activate', policySet: 'default', alias: 'active' },
  { action: 'activate', policySet: 'default', alias: undefined },
  { action: 'compile', policySet: 'default', namespace: 'shop', reference: 'active' },
  { action: 'authorize', policySet: 'other', namespace: 'media', reference: '7' },
  { action: 'admission', policySet: 'default', reference: 'active' },
  { action: 'describeImages' },
  { action: 'manageKeys', scopes: undefined },
  { action: 'manageKeys', scopes: ['read'] },
];

/** The language of the set that decides who may use this API. */
export const TRACEWRIGHT: PolicyLanguage = {
  name: 'tracewright.cedarschema',
  schema: TRACEWRIGHT_SCHEMA,
  probes: () =>
    CALLERS.flatMap((caller) =>
      QUESTIONS.map((each) => cedarQuestion(caller, each, NO_ENTITIES)).map((question) =>
        requestOf(question, question.own),
      ),
    ),
  laterActions: ['admission', 'describeImages'],
  laterAttributes: {},
  complete: completeAccessEntity,
};
