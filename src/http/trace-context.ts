/** The position of a request in a distributed trace (W3C Trace Context). */
export interface TraceContext {
  readonly traceId: string;
  /** The span of this request. */
  readonly spanId: string;
  /** The span of the caller; null when it sent none. */
  readonly parentSpanId: string | null;
  /** Two hexadecimal digits; `01` means sampled. */
  readonly flags: string;
}

/**
 * Continues the trace of a `traceparent` header. Starts a new trace when the header is missing or invalid (W3C Trace
 * Context, section 3.2).
 *
 * @param requestId The UUID of this request, from which the id of its span is made.
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
  // Later versions may define more flags; only the known one is passed on.
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, parentSpanId, flags: sampled ? '01' : '00' };
}

/** The `traceparent` header for the span of this request. */
export function traceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
