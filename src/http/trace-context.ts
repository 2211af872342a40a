/** Where a request stands in a distributed trace (W3C Trace Context). */
export interface TraceContext {
  readonly traceId: string;
  /** Our part of the trace. */
  readonly spanId: string;
  /** The caller's part; null when it sent none. */
  readonly parentSpanId: string | null;
  /** Two hexadecimal digits; 01: sampled. */
  readonly flags: string;
}

/**
 * Continues the trace of a `traceparent` header, or begins one when there is none that is valid
 * (W3C Trace Context, section 3.2: a wrong header is as good as none).
 *
 * @param requestId A UUID of this request, which names our part of it.
 */
export function traceContext(header: string | null, requestId: string): TraceContext {
  const [, version, traceId, parentSpanId, flags, rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header?.trim() ?? '') ?? [];
  const valid =
    version !== undefined &&
    version !== 'ff' &&
    (version !== '00' || rest === undefined) &&
    !/^0+$/.test(traceId ?? '0') &&
    !/^0+$/.test(parentSpanId ?? '0');
  const spanId = requestId.replaceAll('-', '').slice(-16);
  if (!valid || traceId === undefined || parentSpanId === undefined || flags === undefined)
    return { traceId: crypto.randomUUID().replaceAll('-', ''), spanId, parentSpanId: null, flags: '00' };
  // Of the flags of a later version only the one that we know is passed on.
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, parentSpanId, flags: sampled ? '01' : '00' };
}

/** The `traceparent` of our part of a trace. */
export function traceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
