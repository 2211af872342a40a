import { DNS_LABEL, ObjectNameSchema } from '../compiler/model/names.ts';

/** What the message of an event says. A part that is absent, or not of the form that we emit, is undefined. */
export interface BlockedMessage {
  readonly mode: 'enforce' | 'monitor' | 'unknown';
  readonly namespace: string | undefined;
  readonly service: string | undefined;
  /** The container that the policy is confined to. */
  readonly container: string | undefined;
  /** Whether the policy is confined to one container; undefined where that was cut off, or is not said. */
  readonly confined: boolean | undefined;
  readonly policySet: { readonly name: string; readonly version: number } | undefined;
}

/** What is known from a message that is not understood. */
const NOTHING: BlockedMessage = {
  mode: 'unknown',
  namespace: undefined,
  service: undefined,
  container: undefined,
  confined: undefined,
  policySet: undefined,
};

/** The most characters that the agent keeps of a message. */
const LONGEST = 256;

const FORM =
  /^(?<verb>Blocked|Would block) (?<rest>.+?)(?: \((?<set>[a-z0-9-]{1,63}) version (?<version>[1-9][0-9]{0,8})\))?$/;
const SERVICE = / service (?<namespace>[^ /]+)\/(?<name>[^ ,/]*)(?<after>.*)$/;
const SHARED = / a pod labelled (?:(?<container>[a-z0-9-]+)\.)?lattice\.dev\/[a-z-]+$/;
const BASELINE = / \(cluster baseline\)$/;
const CONTAINER = /^, container (?<container>[^ ]+)$/;

/** What a message ends its subject with where that was cut off. */
const CUT = '...';

/**
 * Reads the message of an event, as `message` in `src/compiler/emit/selectors.ts` writes it.
 *
 * An earlier release wrote "Blocked" in monitor mode too. It named no version of a policy set, so a message about a
 * service that names none does not tell the mode.
 *
 * @example
 * readMessage('Blocked gaining capabilities in service shop/web, container app (default version 7)').container; // => 'app'
 * readMessage('Blocked gaining capabilities in service shop/web').mode; // => 'unknown'
 */
export function readMessage(text: string): BlockedMessage {
  const { verb, rest, set, version } = (text.length > LONGEST ? null : FORM.exec(text))?.groups ?? {};
  if (verb === undefined || rest === undefined) return NOTHING;
  const mode = verb === 'Blocked' ? 'enforce' : 'monitor';
  if (BASELINE.test(rest)) return { ...NOTHING, mode };
  const shared = SHARED.exec(rest);
  if (shared !== null) {
    const { container } = shared.groups ?? {};
    return { ...NOTHING, mode, container, confined: container !== undefined };
  }
  const policySet = set === undefined ? undefined : { name: set, version: Number(version) };
  return {
    ...readSubject(rest),
    mode: verb === 'Blocked' && policySet === undefined ? 'unknown' : mode,
    policySet,
  };
}

function readSubject(rest: string): Pick<BlockedMessage, 'namespace' | 'service' | 'container' | 'confined'> {
  const isCut = rest.endsWith(CUT);
  const { namespace, name, after } = SERVICE.exec(isCut ? rest.slice(0, -CUT.length) : rest)?.groups ?? {};
  if (namespace === undefined || !DNS_LABEL.test(namespace)) return NOTHING;
  // A name that the cut ends may go on.
  const isWhole = !isCut || after !== '';
  const service = isWhole && ObjectNameSchema.safeParse(name).success ? name : undefined;
  if (isCut) return { namespace, service, container: undefined, confined: after === '' ? undefined : true };
  const container = CONTAINER.exec(after ?? '')?.groups?.container;
  if (container === undefined)
    return { namespace, service, container, confined: after === '' ? false : undefined };
  return { namespace, service, container: DNS_LABEL.test(container) ? container : undefined, confined: true };
}
