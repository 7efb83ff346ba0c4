import type { FastifyInstance } from 'fastify';
import type { ServerMetrics } from './metrics.ts';

/** `GET /metrics` in the text format of Prometheus; `open` to everybody, or for callers with the scope `read`. */
export function metricsRoute(app: FastifyInstance, metrics: ServerMetrics, access: 'open' | 'read'): void {
  const config = access === 'read' ? ({ scope: 'read' } as const) : {};
  app.get('/metrics', { config }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}
