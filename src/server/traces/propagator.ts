import { isSpanContextValid, trace, TraceFlags, type TextMapPropagator } from '@opentelemetry/api';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_CHARS = 256;

/** Reads and writes the header `traceparent`. @see W3C Trace Context, level 1 */
export const traceparent: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = trace.getSpanContext(context);
    if (!span || !isSpanContextValid(span)) return;
    const flags = (span.traceFlags & 0xff).toString(16).padStart(2, '0');
    setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-${flags}`);
  },
  extract(context, carrier, getter) {
    const text = getter.get(carrier, 'traceparent');
    if (typeof text !== 'string' || text.length > MAX_CHARS) return context;
    const [, version = '', traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
    // Later versions may add fields; this one has none.
    if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return context;
    const traceFlags = parseInt(flags, 16) & TraceFlags.SAMPLED;
    const parent = { traceId, spanId, traceFlags, isRemote: true };
    return isSpanContextValid(parent) ? trace.setSpanContext(context, parent) : context;
  },
  fields: () => ['traceparent'],
};
