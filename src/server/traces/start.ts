import { context, propagation, trace } from '@opentelemetry/api';
import { notices } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { contextStorage } from './context-storage.ts';
import { openExporter, type Exporter } from './exporter.ts';
import { traceparent } from './propagator.ts';
import { openTracer } from './tracer.ts';

export interface TraceOptions {
  /** Base URL of an OTLP/HTTP collector (`http://collector:4318`), or of its `/v1/traces`. */
  readonly endpoint: string;
  readonly headers?: ReadonlyMap<string, Secret>;
  readonly serviceName?: string;
  readonly serviceVersion?: string;
  /** Of the traces that begin here, from 0 to 1. Callers' traces are kept as their callers say. */
  readonly sampleRatio?: number;
  readonly batchMs?: number;
}

/** Disposing of it sends what is left and stops tracing. */
export interface Traces extends AsyncDisposable {
  readonly dropped: number;
}

/**
 * Sends traces over OTLP/HTTP in JSON. Registers itself with the OpenTelemetry API; where an SDK has done so before
 * (by `node --import`), that one stays in charge and a notice says so (`TRACES_TAKEN`).
 *
 * @throws DrydockError CONFIG_INVALID for an endpoint that is no URL
 */
export function startTraces(options: TraceOptions): Traces {
  const exporter = openExporter({
    url: tracesUrl(options.endpoint),
    resource: {
      'service.name': options.serviceName ?? 'drydock',
      ...(options.serviceVersion !== undefined && { 'service.version': options.serviceVersion }),
    },
    ...(options.headers && { headers: options.headers }),
    ...(options.batchMs !== undefined && { batchMs: options.batchMs }),
  });
  const tracer = openTracer(options.sampleRatio ?? 1, (span) => exporter.add(span));
  const isOurs = trace.setGlobalTracerProvider({ getTracer: () => tracer });
  if (isOurs) {
    context.setGlobalContextManager(contextStorage());
    propagation.setGlobalPropagator(traceparent);
  } else {
    const message =
      'another OpenTelemetry SDK is in charge of traces; the endpoint of this configuration is not used';
    notices.publish({ code: 'TRACES_TAKEN', message });
  }
  return handle(exporter, isOurs);
}

function handle(exporter: Exporter, isOurs: boolean): Traces {
  return {
    get dropped() {
      return exporter.dropped;
    },
    async [Symbol.asyncDispose]() {
      if (isOurs) {
        trace.disable();
        context.disable();
        propagation.disable();
      }
      await exporter[Symbol.asyncDispose]();
    },
  };
}

function tracesUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password) {
    throw new DrydockError(
      'CONFIG_INVALID',
      'the endpoint for traces is not an http or https URL without a login',
      {
        hint: 'Give the base URL of an OTLP/HTTP collector, such as http://localhost:4318; credentials go into headers.',
      },
    );
  }
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}
