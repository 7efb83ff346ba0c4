import type { FastifyBaseLogger } from 'fastify';
import { notices, type Notice } from '../base/channels.ts';
import { withoutCredentials } from './without-credentials.ts';

/** Writes what crafts and journeys want to be known into the log. */
export function logNotices(log: FastifyBaseLogger): Disposable {
  const listener = ({ code, message }: Notice): void => log.warn({ code }, withoutCredentials(message));
  notices.subscribe(listener);
  return { [Symbol.dispose]: () => notices.unsubscribe(listener) };
}
