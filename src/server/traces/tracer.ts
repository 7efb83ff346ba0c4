import { randomBytes } from 'node:crypto';
import {
  context as active,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  type TimeInput,
  type Tracer,
} from '@opentelemetry/api';
import { messageOf } from '../../base/errors.ts';
import { withoutCredentials } from '../without-credentials.ts';

/** A span that has ended. Times in nanoseconds since the epoch. */
export interface EndedSpan {
  readonly context: SpanContext;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly status: SpanStatus;
}

export interface SpanEvent {
  readonly name: string;
  readonly time: bigint;
  readonly attributes: Attributes;
}

const MAX_ATTRIBUTES = 64;
const MAX_EVENTS = 32;
const MAX_NAME_CHARS = 256;

/**
 * Makes spans and gives those that are to be kept to `ended`. A caller's decision about a trace is followed; of traces
 * that begin here so large a part is kept as `ratio` says.
 */
export function openTracer(ratio: number, ended: (span: EndedSpan) => void): Tracer {
  const startSpan: Tracer['startSpan'] = (name, options = {}, context = active.active()) => {
    const parent = options.root ? undefined : trace.getSpanContext(context);
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    const isKept = parent ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0 : isChosen(traceId, ratio);
    const traceFlags = isKept ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const own: SpanContext = { traceId, spanId: randomBytes(8).toString('hex'), traceFlags };
    return isKept ? recording(own, parent?.spanId, name, options, ended) : trace.wrapSpanContext(own);
  };
  // As the API has it: options and context may be left out.
  const startActiveSpan = (name: string, ...rest: readonly unknown[]): unknown => {
    const fn = rest.at(-1) as (span: Span) => unknown;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : active.active();
    const span = startSpan(name, options, parent);
    return active.with(trace.setSpan(parent, span), () => fn(span));
  };
  return { startSpan, startActiveSpan: startActiveSpan };
}

/** By the trace's id, so that all who see it come to the same end. */
function isChosen(traceId: string, ratio: number): boolean {
  return parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}

function recording(
  context: SpanContext,
  parentSpanId: string | undefined,
  firstName: string,
  { kind = SpanKind.INTERNAL, attributes: given = {}, startTime }: SpanOptions,
  ended: (span: EndedSpan) => void,
): Span {
  const start = nanoseconds(startTime);
  const attributes = new Map<string, Attributes[string]>();
  const events: SpanEvent[] = [];
  let [name, status, isOver] = [firstName, { code: SpanStatusCode.UNSET } as SpanStatus, false];
  const span: Span = {
    spanContext: () => context,
    setAttribute(key, value) {
      if (!isOver && (attributes.has(key) || attributes.size < MAX_ATTRIBUTES)) attributes.set(key, value);
      return span;
    },
    setAttributes(more) {
      for (const [key, value] of Object.entries(more)) if (value !== undefined) span.setAttribute(key, value);
      return span;
    },
    addEvent(eventName, more, at) {
      const isTime =
        more !== undefined && (typeof more !== 'object' || Array.isArray(more) || more instanceof Date);
      const time = nanoseconds(isTime ? more : at);
      const own = isTime ? {} : (more ?? {});
      if (!isOver && events.length < MAX_EVENTS) events.push({ name: eventName, time, attributes: own });
      return span;
    },
    addLink: () => span,
    addLinks: () => span,
    setStatus(next) {
      if (!isOver) status = next;
      return span;
    },
    updateName(next) {
      name = next;
      return span;
    },
    end(at) {
      if (isOver) return;
      isOver = true;
      const end = nanoseconds(at);
      const all = Object.fromEntries(attributes);
      const cut = name.slice(0, MAX_NAME_CHARS);
      ended({ context, parentSpanId, name: cut, kind, start, end, attributes: all, events, status });
    },
    isRecording: () => !isOver,
    recordException(exception) {
      const type = exception instanceof Error ? exception.name : 'Error';
      const message = withoutCredentials(messageOf(exception));
      span.addEvent('exception', { 'exception.type': type, 'exception.message': message });
    },
  };
  return span.setAttributes(given);
}

function nanoseconds(time: TimeInput | undefined): bigint {
  if (Array.isArray(time)) return BigInt(time[0]) * 1_000_000_000n + BigInt(time[1]);
  const milliseconds = time === undefined ? performance.timeOrigin + performance.now() : Number(time);
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}
