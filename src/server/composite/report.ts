import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { limitTo, type Limiter } from '../../base/limit.ts';
import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { isOver } from '../../scan/composite/look-at-composite.ts';
import { pack, sendPacked, type Packed } from '../harbor/packed-body.ts';
import { soon } from '../harbor/soon.ts';
import { hasAlready, sendJson, tellWhen, waitFor } from './answer.ts';
import { EXPIRED, loadReports } from './component-reports.ts';
import { COMPOSITE_TYPE } from './media-types.ts';
import { assertAcceptable, preferencesOf, wantedOf } from './negotiate.ts';
import { waitForOwn, type NamedScan } from './own-scan.ts';
import { REPORT_WAIT_MS, type CompositeParts } from './parts.ts';
import {
  errors,
  notModified,
  reportHeaders,
  reportQuery,
  reportResponse,
  scanParams,
  statusResponse,
} from './schemas.ts';
import { compositePieces, compositeStatus, lonelyStatus, type Place } from './status.ts';
import { ComponentRefusal } from './tell-composite-errors.ts';

type Named = { Params: NamedScan; Querystring: { partial?: unknown } };

const REPORTS_AT_ONCE = 4;
const PRINTABLE = /^[\x20-\x7e]+$/;

/** `GET /scan/ID/report` and that of a part. */
export function reportRoutes(app: FastifyInstance, parts: CompositeParts, place: Place): void {
  const means = { parts, place, turns: limitTo(parts.reportsAtOnce ?? REPORTS_AT_ONCE) };
  const handler = async (request: FastifyRequest<Named>, reply: FastifyReply): Promise<FastifyReply> => {
    const { waitSeconds: seconds } = preferencesOf(request.headers['prefer']);
    const { look, component } = await waitForOwn(request.params, request.caller, {
      parts,
      seconds,
      signal: request.calledOff,
    });
    const { accept } = request.headers;
    if (component) assertAcceptable(accept, component);
    const wanted = component ?? wantedOf(accept, look);
    void reply.header('vary', 'accept, accept-encoding');
    return wanted === 'whole'
      ? await tellWhole(look, means, request, reply)
      : await tellPart(wanted, look, means, request, reply);
  };
  const config = { scope: 'scan', errors: 'harbor' } as const;
  const schema = (summary: string, params: object) => ({
    tags: ['reports'],
    summary,
    description: 'While it is not there: 202, with how the scan stands and when to come again.',
    headers: reportHeaders,
    params,
    querystring: reportQuery,
    response: {
      200: reportResponse,
      202: statusResponse('it is not there yet', { 'retry-after': 'seconds', 'refresh-after': 'seconds' }),
      304: notModified,
      ...errors(401, 403, 404, 406, 410, 422, 500, 503),
    },
  });
  app.get<Named>('/scan/:id/report', {
    config,
    schema: schema('The reports of a scan, or the one that Accept names', scanParams('id')),
    handler,
  });
  app.get<Named>('/scan/:id/:scanId/report', {
    config,
    schema: schema('The report of a part', scanParams('id', 'scanId')),
    handler,
  });
}

interface Means {
  readonly parts: CompositeParts;
  readonly place: Place;
  readonly turns: Limiter;
}

async function tellWhole(
  look: CompositeLook,
  { parts, place, turns }: Means,
  request: FastifyRequest<Named>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { partial } = request.query;
  const takesParts = partial === 'true' || partial === '1' || partial === '';
  if (!isOver(look.state) && !takesParts) {
    tellWhen(reply.code(202), waitFor(look.record.createdAt, (parts.now ?? Date.now)()));
    return sendJson(reply, COMPOSITE_TYPE, compositeStatus(look, place));
  }
  const body = await inTurn(request, turns, parts, async () => {
    const reportOf = await loadReports(look, look.components, parts);
    const errorOf = (one: ComponentLook): object | undefined =>
      one.state === 'completed' && !reportOf(one) ? EXPIRED : undefined;
    return compositePieces(look, place, reportOf, errorOf);
  });
  void reply.header('content-type', COMPOSITE_TYPE);
  if (!isOver(look.state)) void reply.header('cache-control', 'no-store');
  else if (hasAlready(body, request, reply)) return reply;
  return sendPacked(body, request, reply);
}

async function tellPart(
  component: ComponentLook,
  look: CompositeLook,
  { parts, place, turns }: Means,
  request: FastifyRequest<Named>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!isOver(component.state)) {
    tellWhen(reply.code(202), waitFor(look.record.createdAt, (parts.now ?? Date.now)()));
    return sendJson(reply, COMPOSITE_TYPE, JSON.stringify(lonelyStatus(component, look, place)));
  }
  assertCompleted(component);
  const body = await inTurn(request, turns, parts, async () => {
    const report = (await loadReports(look, [component], parts))(component);
    if (!report) throw new ComponentRefusal(410, EXPIRED);
    return report;
  });
  const { key, mediaType } = component.record;
  void reply.header('content-type', PRINTABLE.test(key) ? key : mediaType);
  if (hasAlready(body, request, reply)) return reply;
  return sendPacked(body, request, reply);
}

/** Of a type that could not be made at all nothing has gone wrong here. */
function assertCompleted({ state, error, record }: ComponentLook): void {
  if (state === 'completed') return;
  const said = error ?? { code: 'SCAN_FAILED', message: 'the scan failed', retryable: false };
  if (state === 'aborted') throw new ComponentRefusal(410, said);
  throw new ComponentRefusal(record.plan.kind === 'refused' ? 422 : 500, said);
}

/** A few at one time, as writing large reports takes long; whose turn does not come soon is told to come again. */
async function inTurn(
  { calledOff }: FastifyRequest<Named>,
  turns: Limiter,
  { reportWaitMs = REPORT_WAIT_MS }: CompositeParts,
  write: () => Promise<Iterable<string>>,
): Promise<Packed> {
  const leave = await turns.enter({
    signal: AbortSignal.any([calledOff, AbortSignal.timeout(reportWaitMs)]),
  });
  try {
    return await pack(await soon(write(), reportWaitMs));
  } finally {
    leave();
  }
}
