import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOver } from '../../scan/composite/look-at-composite.ts';
import { hasAlready, sendJson } from './answer.ts';
import { COMPOSITE_TYPE } from './media-types.ts';
import { appliedText, preferencesOf } from './negotiate.ts';
import { ownScan, waitForOwn, type FoundScan, type NamedScan } from './own-scan.ts';
import type { CompositeParts } from './parts.ts';
import { errors, lookHeaders, notModified, scanParams, statusResponse } from './schemas.ts';
import { compositeStatus, lonelyStatus, type Place } from './status.ts';

type Named = { Params: NamedScan };

/** How a scan, or a part of it, stands; and to have it called off. */
export function lookRoutes(app: FastifyInstance, parts: CompositeParts, place: Place): void {
  const look = async (request: FastifyRequest<Named>, reply: FastifyReply): Promise<FastifyReply> => {
    const preferences = preferencesOf(request.headers['prefer']);
    const seconds = preferences.waitSeconds;
    const waiting = { parts, seconds, signal: request.calledOff };
    const applied = seconds > 0 ? appliedText({ isAsync: false, waitSeconds: seconds }) : undefined;
    if (applied !== undefined) void reply.header('preference-applied', applied);
    return tell(await waitForOwn(request.params, request.caller, waiting), place, request, reply);
  };
  const abort = async (request: FastifyRequest<Named>, reply: FastifyReply): Promise<FastifyReply> => {
    const { look: before, component } = await ownScan(request.params, request.caller, parts);
    const after = await parts.composites.abort(before, component?.record.id);
    const same = after.components.find(({ record }) => record.id === component?.record.id);
    return tell({ look: after, ...(same && { component: same }) }, place, request, reply);
  };
  const looking = {
    config: { scope: 'scan', errors: 'harbor' },
    handler: look,
  } as const;
  const aborting = { config: { scope: 'scan', errors: 'harbor' }, handler: abort } as const;
  const params = scanParams('id');
  const partParams = scanParams('id', 'scanId');
  const told = { 200: statusResponse('how it stands'), 304: notModified, ...errors(401, 403, 404, 503) };
  const off = { 200: statusResponse('how it stands now'), ...errors(401, 403, 404, 503) };
  const tags = ['scans'];
  const headers = lookHeaders;
  const describe = (summary: string, of: object, response: object) => ({
    tags,
    summary,
    params: of,
    response,
  });
  app.get<Named>('/scan/:id', {
    ...looking,
    schema: { ...describe('How a scan stands', params, told), headers },
  });
  app.get<Named>('/scan/:id/status', {
    ...looking,
    schema: { ...describe('The same', params, told), headers },
  });
  app.get<Named>('/scan/:id/:scanId', {
    ...looking,
    schema: { ...describe('How a part of a scan stands', partParams, told), headers },
  });
  app.delete<Named>('/scan/:id', { ...aborting, schema: describe('Call a scan off', params, off) });
  app.delete<Named>('/scan/:id/:scanId', {
    ...aborting,
    schema: describe('Call a part off', partParams, off),
  });
  app.post<Named>('/scan/:id/abort', { ...aborting, schema: describe('Call a scan off', params, off) });
  app.post<Named>('/scan/:id/:scanId/abort', {
    ...aborting,
    schema: describe('Call a part off', partParams, off),
  });
}

function tell(
  { look, component }: FoundScan,
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const text = component
    ? JSON.stringify(lonelyStatus(component, look, place))
    : compositeStatus(look, place);
  if (!isOver((component ?? look).state)) void reply.header('cache-control', 'no-store');
  else if (request.method === 'GET' && hasAlready(text, request, reply)) return reply;
  return sendJson(reply, COMPOSITE_TYPE, text);
}
