import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CompositeLook } from '../../scan/composite/composites.ts';
import { isOver } from '../../scan/composite/look-at-composite.ts';
import { HarborRefusal } from '../harbor/refusal.ts';
import { soon } from '../harbor/soon.ts';
import { sendJson } from './answer.ts';
import { parseComposite, readCompositeJson } from './composite-request.ts';
import { COMPOSITE_TYPE } from './media-types.ts';
import { appliedText, preferencesOf } from './negotiate.ts';
import { waitForOwn } from './own-scan.ts';
import { SUBMIT_WAIT_MS, type CompositeParts } from './parts.ts';
import { compositeRequestBody, errors, statusResponse, submitHeaders, submitQuery } from './schemas.ts';
import { compositeStatus, type Place } from './status.ts';

const MAX_BODY_BYTES = 1 << 20;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** `POST /scan`: accepted means kept, whatever happens to this process. */
export function submitRoute(app: FastifyInstance, parts: CompositeParts, place: Place): void {
  app.post<{ Querystring: { strict?: unknown } }>('/scan', {
    bodyLimit: MAX_BODY_BYTES,
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scans'],
      summary: 'Ask for a scan of several types',
      description:
        'Types that cannot be made are told as failed, and the others go on; with `strict=true` nothing is done then.',
      headers: submitHeaders,
      querystring: submitQuery,
      body: compositeRequestBody,
      response: {
        200: statusResponse('how it stands', { location: 'of the scan' }),
        202: statusResponse('how it stands; told so to who prefers it', { location: 'of the scan' }),
        ...errors(400, 401, 403, 409, 413, 415, 422, 429, 501, 503),
      },
    },
    handler: async (request, reply) => {
      const preferences = preferencesOf(request.headers['prefer']);
      const accepted = await submit(request, parts);
      const { waitSeconds: seconds, isAsync } = preferences;
      const named = { id: accepted.record.id };
      const { look } = await (seconds > 0
        ? waitForOwn(named, request.caller, { parts, seconds, signal: request.calledOff })
        : { look: accepted });
      const isAccepted = (isAsync || parts.answersAccepted === true) && !isOver(look.state);
      const applied = appliedText(preferences);
      if (applied !== undefined) void reply.header('preference-applied', applied);
      // Relative to this very address, whatever a proxy has put before it.
      void reply.code(isAccepted ? 202 : 200).header('location', `scan/${look.record.id}`);
      return sendJson(reply, COMPOSITE_TYPE, compositeStatus(look, place));
    },
  });
}

async function submit(request: FastifyRequest, parts: CompositeParts): Promise<CompositeLook> {
  const { composites, submitWaitMs = SUBMIT_WAIT_MS } = parts;
  const { headers, body, caller } = request;
  const asked = parseComposite(readCompositeJson(headers['content-type'], body));
  const { strict } = request.query as { readonly strict?: unknown };
  const key = headers['idempotency-key'];
  if (key !== undefined && !IDEMPOTENCY_KEY.test(String(key)))
    throw new HarborRefusal(400, 'Idempotency-Key is empty, too long or not printable', {
      code: 'REQUEST_INVALID',
    });
  const submitted = composites.submit({
    ...asked,
    requestedBy: caller.name,
    isStrict: strict === 'true' || strict === '1' || strict === '',
    ...(key !== undefined && { idempotencyKey: String(key) }),
  });
  try {
    return await soon(submitted, submitWaitMs);
  } catch (error) {
    // Whoever was told that it was not accepted will never ask for it, but by his key.
    if (key === undefined) submitted.then((late) => composites.abort(late)).catch(() => undefined);
    throw error;
  }
}
