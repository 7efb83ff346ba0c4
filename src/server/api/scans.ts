import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DrydockError, type ErrorCode } from '../../base/errors.ts';
import type { JobPriority, ScanRecord, ScanState } from '../../model/job.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Caller } from '../caller.ts';
import { credentialOf, type WrittenCredential } from './credential.ts';
import { eventStream } from './events.ts';
import type { ApiParts } from './parts.ts';
import { idParams, problems, reportQuerySchema, scanRequestSchema, scanSchema, STATES } from './schemas.ts';
import { tellReport, underName } from './tell-report.ts';

interface ScanBody {
  readonly image: string;
  readonly platform?: string;
  readonly priority: JobPriority;
  readonly force: boolean;
  readonly credential?: WrittenCredential;
}

const MAX_WAIT_SECONDS = 60;
const tags = ['scans'];

/** Scans to be done: asked for, watched, called off. */
export function scanRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { requests } = parts;

  app.post<{ Body: ScanBody }>('/api/scans', {
    config: { scope: 'scan' },
    schema: {
      tags,
      summary: 'Ask for a scan of an image in a registry',
      description:
        '`Prefer: wait=30` waits that long for the end. `Cache-Control: no-cache` scans again, as `force` does.',
      body: scanRequestSchema,
      response: { 200: scanSchema, 202: scanSchema, ...problems(400, 401, 403, 413, 429, 503) },
    },
    handler: async (request, reply) => {
      const { image, platform, priority, force, credential } = request.body;
      parseReference(image); // names what is wrong with it before anything is kept
      const asked = {
        image,
        priority,
        source: 'api',
        requestedBy: request.caller.name,
        ...(platform !== undefined && { platform }),
        ...((force || wantsFresh(request)) && { force: true }),
      };
      const accepted = await requests.submit(asked, credentialOf(credential));
      void reply.header('location', `/api/scans/${accepted.id}`);
      const record = await waitFor(accepted, waitSeconds(request), request, parts);
      return reply.code(isOver(record) ? 200 : 202).send(told(record));
    },
  });

  app.get<{ Querystring: { state?: ScanState; limit: number; before?: string } }>('/api/scans', {
    config: { scope: 'read' },
    schema: {
      tags,
      summary: 'The scans that were asked for, the newest first',
      description: "A caller's own; an administrator's are everybody's.",
      querystring: {
        type: 'object',
        properties: {
          state: { type: 'string', enum: STATES },
          limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
          before: { type: 'string', maxLength: 128, description: 'id of a scan: those older than it' },
        },
      },
      response: {
        200: { type: 'object', properties: { scans: { type: 'array', items: scanSchema } } },
        ...problems(400, 401, 403),
      },
    },
    handler: async ({ query, caller }) => {
      const own = caller.scopes.has('admin') ? {} : { requestedBy: caller.name };
      return { scans: (await requests.list({ ...query, ...own })).map(told) };
    },
  });

  app.get<{ Params: { id: string } }>('/api/scans/:id', {
    config: { scope: 'read' },
    schema: {
      tags,
      summary: 'How a scan stands',
      params: idParams,
      response: { 200: scanSchema, ...problems(401, 403, 404) },
    },
    handler: async ({ params, caller }) => told(await own(params.id, caller, parts)),
  });

  app.delete<{ Params: { id: string } }>('/api/scans/:id', {
    config: { scope: 'scan' },
    schema: {
      tags,
      summary: 'Call a scan off',
      description: 'One that is over stays as it is.',
      params: idParams,
      response: { 200: scanSchema, ...problems(401, 403, 404) },
    },
    handler: async ({ params, caller }) => {
      const record = await own(params.id, caller, parts);
      return told((await requests.cancel(record.id)) ?? record);
    },
  });

  app.get<{ Params: { id: string } }>('/api/scans/:id/events', {
    config: { scope: 'read' },
    schema: {
      tags,
      summary: 'How a scan goes, as server-sent events',
      description: 'An event `scan` at once and after each change, until it is over.',
      params: idParams,
      produces: ['text/event-stream'],
      response: { 200: { description: 'events', type: 'string' }, ...problems(401, 403, 404) },
    },
    handler: async (request, reply) => {
      const record = await own(request.params.id, request.caller, parts);
      const gone = request.calledOff;
      return reply
        .header('content-type', 'text/event-stream')
        .header('cache-control', 'no-store')
        .send(
          eventStream(whileWanted(requests.watch(record.id, { signal: gone }), gone), (one) => ({
            event: 'scan',
            data: told(one),
          })),
        );
    },
  });

  app.get<{ Params: { id: string } }>('/api/scans/:id/report', {
    config: { scope: 'read' },
    schema: {
      tags,
      summary: 'The report of a scan',
      description: 'While there is none yet: 202 with how the scan stands. Of a scan that failed: why.',
      params: idParams,
      querystring: reportQuerySchema,
      response: { 202: scanSchema, ...problems(400, 401, 403, 404, 410) },
    },
    handler: async (request, reply) => {
      const record = await own(request.params.id, request.caller, parts);
      if (!isOver(record)) return reply.code(202).header('retry-after', '2').send(told(record));
      return tellReport(await reportOf(record, parts), request, reply);
    },
  });
}

async function reportOf(record: ScanRecord, { reports }: ApiParts) {
  if (record.state === 'failed' && record.error) {
    const { code, message, hint } = record.error;
    throw new DrydockError(code as ErrorCode, message, { hint });
  }
  const report = record.report && (await reports.find(record.report));
  if (report) return underName(report, record.request.image);
  throw new DrydockError('REPORT_NOT_FOUND', `scan ${record.id} has no report any more`, {
    hint: 'Ask for a new scan: what is known of the image is not read again.',
  });
}

/** What is somebody else's looks as if it were not there. */
async function own(id: string, caller: Caller, { requests }: ApiParts): Promise<ScanRecord> {
  const record = await requests.find(id);
  if (record && (record.request.requestedBy === caller.name || caller.scopes.has('admin'))) return record;
  throw new DrydockError('SCAN_NOT_FOUND', `there is no scan ${id}`);
}

const isOver = ({ state }: ScanRecord): boolean => state !== 'queued' && state !== 'running';

function told({ request, report, schema: _schema, ...record }: ScanRecord): Record<string, unknown> {
  return {
    ...record,
    image: request.image,
    ...(request.platform !== undefined && { platform: request.platform }),
    priority: request.priority,
    requestedBy: request.requestedBy,
    ...(report && { reportUrl: `/api/scans/${record.id}/report` }),
  };
}

/** `Prefer: wait=SECONDS` (RFC 7240, 4.3). */
function waitSeconds({ headers }: FastifyRequest): number {
  const asked = /(?:^|[,;]\s*)wait\s*=\s*(\d{1,4})/i.exec(String(headers.prefer ?? ''))?.[1];
  return Math.min(Number(asked ?? 0), MAX_WAIT_SECONDS);
}

function wantsFresh({ headers }: FastifyRequest): boolean {
  return /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(headers['cache-control'] ?? '');
}

/** A server that stops waits with its callers for what is being done, but for nothing that others must do. */
async function waitFor(
  accepted: ScanRecord,
  seconds: number,
  request: FastifyRequest,
  { requests, stopping }: ApiParts,
): Promise<ScanRecord> {
  if (seconds === 0) return accepted;
  const vain = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(seconds * 1000), request.calledOff, vain.signal]);
  let last = accepted;
  const leave = (): void => {
    if (stopping?.aborted && last.state === 'queued') vain.abort();
  };
  leave();
  stopping?.addEventListener('abort', leave);
  try {
    for await (const record of requests.watch(accepted.id, { signal })) {
      last = record;
      leave();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stopping?.removeEventListener('abort', leave);
  }
  return last;
}

/** Ends, rather than fails, when nobody listens any more or the server stops. */
async function* whileWanted<T>(items: AsyncIterable<T>, wanted: AbortSignal): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (!wanted.aborted) throw error;
  }
}
