import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';

/** How long to wait before one looks again: a scan that is young may be over soon. */
const [YOUNG_WAIT, OLD_WAIT] = [2, 15];

/** Seconds, for a scan that was accepted so long ago. */
export function waitFor(createdAt: string, now: number): number {
  const age = (now - Date.parse(createdAt)) / 1000;
  return Math.round(Math.min(OLD_WAIT, Math.max(YOUNG_WAIT, age / 6)));
}

/** Says when to come again, in both words that clients know. */
export function tellWhen(reply: FastifyReply, seconds: number): void {
  void reply
    .header('retry-after', String(seconds))
    .header('refresh-after', String(seconds))
    .header('cache-control', 'no-store');
}

/**
 * Says by what a document that never changes is known.
 *
 * @returns true: the client has it, and has been told so
 */
export function hasAlready(
  document: string | Uint8Array,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const tag = `W/"${createHash('sha256').update(document).digest('base64url').slice(0, 27)}"`;
  void reply.header('etag', tag);
  const known = String(request.headers['if-none-match'] ?? '').split(',', 32);
  if (!known.some((one) => one.trim() === tag || one.trim() === '*')) return false;
  void reply.code(304).send();
  return true;
}

/** As bytes, since the framework would add a charset to the media type of a text. */
export function sendJson(reply: FastifyReply, mediaType: string, text: string): FastifyReply {
  return reply.header('content-type', mediaType).send(Buffer.from(text));
}
