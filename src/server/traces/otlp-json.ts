import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { EndedSpan } from './tracer.ts';

const MAX_TEXT_CHARS = 1024;

/** An `ExportTraceServiceRequest` in JSON. @see OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding" */
export function toOtlp(spans: readonly EndedSpan[], resource: Attributes): string {
  const scope = { name: 'drydock' };
  return JSON.stringify({
    resourceSpans: [
      { resource: { attributes: toKeyValues(resource) }, scopeSpans: [{ scope, spans: spans.map(toSpan) }] },
    ],
  });
}

function toSpan(span: EndedSpan): object {
  const { code, message } = span.status;
  return {
    traceId: span.context.traceId,
    spanId: span.context.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    // The API counts kinds from 0, the wire from 1, where 0 is unspecified.
    kind: span.kind + 1,
    startTimeUnixNano: String(span.start),
    endTimeUnixNano: String(span.end),
    attributes: toKeyValues(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: String(time),
      attributes: toKeyValues(attributes),
    })),
    status:
      code === SpanStatusCode.UNSET ? {} : { code, ...(message !== undefined && { message: text(message) }) },
  };
}

function toKeyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: toValue(value) }],
  );
}

function toValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: text(value) };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.slice(0, 100).map(toValue) } };
  return { stringValue: '' };
}

function text(value: string): string {
  return value.length > MAX_TEXT_CHARS ? `${value.slice(0, MAX_TEXT_CHARS)}…` : value;
}
