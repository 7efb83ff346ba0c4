import { createHash, timingSafeEqual } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import type { FastifyRequest } from 'fastify';
import type { TrivyDoorParts } from './parts.ts';
import { TwirpError } from './twirp-error.ts';

/** Lets a client in by the token in its header, or by what the maker of the door accepts besides. */
export function openAdmission({
  token,
  tokenHeader = 'Trivy-Token',
  authenticate,
}: Pick<TrivyDoorParts, 'token' | 'tokenHeader' | 'authenticate'>): (
  request: FastifyRequest,
) => Promise<void> {
  const header = tokenHeader.toLowerCase();
  const expected = token === undefined || token === '' ? undefined : hashOf(token);
  return async (request) => {
    if (!expected && !authenticate) return;
    const given = request.headers[header];
    if (expected && typeof given === 'string' && timingSafeEqual(hashOf(given), expected)) return;
    // Clients and their tests know this message.
    if (!authenticate) throw new TwirpError('unauthenticated', 'invalid token');
    const caller = await authenticate(request).catch((error: unknown) => {
      // That nobody can be asked at the moment passes, and the client tries again.
      if (error instanceof DrydockError && error.kind === 'upstream') throw error;
      throw new TwirpError('unauthenticated', 'invalid token');
    });
    if (!caller.scopes.has('scan')) throw new TwirpError('permission_denied', 'this token may not scan');
  };
}

/** Of one length, so that comparing says nothing of it. */
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
