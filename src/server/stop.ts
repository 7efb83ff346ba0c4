import type { FastifyInstance } from 'fastify';
import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../base/errors.ts';
import type { InFlight } from './in-flight.ts';

/** For handlers that were called off to say so to their clients. */
const LAST_WORDS_MS = 1000;
/** For answers that have been written to leave this machine. */
const FLUSH_MS = 50;

/**
 * Stops taking connections and requests, waits up to `graceMs` for those being answered, then calls them off, and
 * closes whatever is still open.
 */
export async function stopServer(app: FastifyInstance, inFlight: InFlight, graceMs: number): Promise<void> {
  inFlight.stop();
  const closed = app.close();
  if (!(await drainedWithin(inFlight, graceMs))) {
    inFlight.callOff(
      new DrydockError('CANCELLED', 'the server is stopping', { hint: 'Try again a little later.' }),
    );
    await drainedWithin(inFlight, LAST_WORDS_MS);
  }
  await Promise.race([closed, wait(FLUSH_MS)]);
  // Connections on which nothing was asked would be waited for.
  app.server.closeAllConnections();
  await closed;
}

async function drainedWithin(inFlight: InFlight, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = wait(ms, false, timer).catch(() => false);
  const isDrained = await Promise.race([inFlight.drained().then(() => true), late]);
  timer.abort();
  return isDrained;
}
