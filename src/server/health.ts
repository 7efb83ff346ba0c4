import type { FastifyInstance } from 'fastify';
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';
import { withoutCredentials } from './without-credentials.ts';

/** Whether a part is fit for work. A part that limps may be `ok` and say so in `detail`. */
export interface CheckResult {
  readonly ok: boolean;
  readonly detail?: string;
}

export type ReadinessChecks = Readonly<Record<string, () => Promise<CheckResult>>>;

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const CHECK_TIMEOUT_MS = 2000;
/** Anybody may ask; the parts are asked once in so long, however many do. */
const FRESH_MS = 1000;

const checkSchema = {
  type: 'object',
  required: ['ok'],
  properties: { ok: { type: 'boolean' }, detail: { type: 'string' } },
} as const;
const readinessSchema = {
  type: 'object',
  required: ['ready', 'checks'],
  properties: { ready: { type: 'boolean' }, checks: { type: 'object', additionalProperties: checkSchema } },
} as const;

/** `/healthz` says that the process lives, `/readyz` that it should be sent work. */
export function healthRoutes(app: FastifyInstance, checks: ReadinessChecks, isStopping: () => boolean): void {
  const probe = { isProbe: true } as const;
  app.get('/healthz', { config: probe }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('ok'),
  );

  const look = shared(() => runChecks(checks));
  const schema = { response: { 200: readinessSchema, 503: readinessSchema } };
  app.get('/readyz', { config: probe, schema }, async (_request, reply) => {
    const found = isStopping() ? stopping : await look();
    return reply
      .code(found.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(found);
  });
}

const stopping: Readiness = { ready: false, checks: { server: { ok: false, detail: 'stopping' } } };

async function runChecks(checks: ReadinessChecks): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await runCheck(check)] as const),
  );
  return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
}

async function runCheck(check: () => Promise<CheckResult>): Promise<CheckResult> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      check(),
      wait(CHECK_TIMEOUT_MS, { ok: false, detail: `no answer within ${CHECK_TIMEOUT_MS} ms` }, timer),
    ]);
  } catch (error) {
    return { ok: false, detail: withoutCredentials(messageOf(error)).slice(0, 200) };
  } finally {
    timer.abort();
  }
}

/** One look for all who ask while it is fresh. */
function shared<T>(look: () => Promise<T>, now: () => number = Date.now): () => Promise<T> {
  let last: { readonly at: number; readonly result: Promise<T> } | undefined;
  return () => {
    if (!last || now() - last.at >= FRESH_MS) last = { at: now(), result: look() };
    return last.result;
  };
}
