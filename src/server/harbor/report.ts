import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DrydockError } from '../../base/errors.ts';
import { limitTo, type Limiter } from '../../base/limit.ts';
import type { ScanRecord } from '../../model/job.ts';
import { parseReference } from '../../oci/reference.ts';
import type { ReportFrame } from '../../reports/harbor/report-frame.ts';
import { harborSbomReport } from '../../reports/harbor/sbom-report.ts';
import { harborVulnerabilityReport } from '../../reports/harbor/vulnerability-report.ts';
import { jsonFormat } from '../../reports/json/json.ts';
import { underName } from '../api/tell-report.ts';
import type { Caller } from '../caller.ts';
import { SCANNER } from './metadata.ts';
import { pack, sendPacked, type Packed } from './packed-body.ts';
import { DEFAULT_WAIT_MS, type HarborParts } from './parts.ts';
import { HarborRefusal } from './refusal.ts';
import { reportTypeFor, sbomMediaTypeOf, type ReportType, type SbomMediaType } from './report-type.ts';
import {
  errors,
  reportAcceptHeader,
  reportParams,
  reportQuery,
  reportResponse,
  waitResponse,
} from './schemas.ts';
import { soon } from './soon.ts';
import { tellHarborErrors, withHint } from './tell-errors.ts';

const DEFAULT_SCAN_SECONDS = 25 * 60;
const REPORTS_AT_ONCE = 4;
/** Harbor reads seconds as a signed byte and looks without a pause at anything that is none. */
const [SHORTEST_WAIT, LONGEST_WAIT] = [1, 120];
/** A scan that is young may be over soon. */
const [YOUNG_WAIT, OLD_WAIT] = [2, 15];
/** What passes by itself: Harbor gives a scan up over any answer but one that says to come again. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const PASSING_WAIT = 5;

/** `GET /scan/ID/report` */
export function reportRoute(app: FastifyInstance, parts: HarborParts): void {
  const { waitMs = DEFAULT_WAIT_MS, reportsAtOnce = REPORTS_AT_ONCE } = parts;
  const turns = limitTo(reportsAtOnce);
  tellHarborErrors(app, ({ status, retryAfterSeconds = PASSING_WAIT }, request, reply) => {
    if (!PASSING.has(status) || request.method !== 'GET') return false;
    tellToWait(request, reply, retryAfterSeconds);
    return true;
  });
  app.get<{ Params: { id: string }; Querystring: { sbom_media_type?: unknown } }>('/scan/:id/report', {
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scanner'],
      summary: 'The report of a scan',
      description: 'While there is none: 302, with `Refresh-After` for how many seconds to wait.',
      headers: reportAcceptHeader,
      params: reportParams,
      querystring: reportQuery,
      response: { 200: reportResponse, 302: waitResponse, ...errors(400, 401, 403, 404, 415, 500) },
    },
    handler: async (request, reply) => {
      const type = reportTypeFor(request.headers.accept);
      const sbom = type.kind === 'sbom' ? sbomMediaTypeOf(request.query.sbom_media_type) : undefined;
      const record = await soon(own(request.params.id, request.caller, parts), waitMs);
      if (!isOver(record)) {
        await assertInTime(record, parts);
        return tellToWait(request, reply, waitFor(record, parts));
      }
      assertCompleted(record);
      const body = await bodyInTurn({ record, type, sbom }, { parts, turns, waitMs }, request);
      void reply.header('content-type', type.contentType).header('vary', 'accept, accept-encoding');
      return sendPacked(body, request, reply);
    },
  });
}

/** What is somebody else's looks as if it were not there. */
async function own(id: string, caller: Caller, { requests }: HarborParts): Promise<ScanRecord> {
  const record = await requests.find(id);
  if (record && (record.request.requestedBy === caller.name || caller.scopes.has('admin'))) return record;
  throw new DrydockError('SCAN_NOT_FOUND', 'there is no scan of that id');
}

const isOver = ({ state }: ScanRecord): boolean => state !== 'queued' && state !== 'running';

/** The path as it was asked for, without what stands before its last part: whatever a proxy has put there is right. */
function tellToWait({ url }: FastifyRequest, reply: FastifyReply, seconds: number): FastifyReply {
  const wait = String(Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, Math.ceil(seconds))));
  const query = url.indexOf('?');
  return reply
    .code(302)
    .header('location', `report${query < 0 ? '' : url.slice(query)}`)
    .header('refresh-after', wait)
    .header('retry-after', wait)
    .header('cache-control', 'no-store')
    .send();
}

function waitFor(record: ScanRecord, parts: HarborParts): number {
  return Math.min(OLD_WAIT, Math.max(YOUNG_WAIT, ageSeconds(record, parts) / 6));
}

function ageSeconds({ createdAt }: ScanRecord, { now = Date.now }: HarborParts): number {
  return (now() - Date.parse(createdAt)) / 1000;
}

/** Harbor's robot and its patience are not for ever, and it tells nobody when it has given up. */
async function assertInTime(record: ScanRecord, parts: HarborParts): Promise<void> {
  const { scanSeconds = DEFAULT_SCAN_SECONDS, requests } = parts;
  if (ageSeconds(record, parts) < scanSeconds) return;
  await requests.cancel(record.id);
  throw failed(
    'TIMED_OUT',
    `the scan was not done within ${Math.round(scanSeconds / 60)} minutes`,
    why(record),
  );
}

function why({ error }: ScanRecord): string | undefined {
  return error && `The last attempt failed: ${error.message}.`;
}

function assertCompleted({ state, error }: ScanRecord): void {
  if (state === 'completed') return;
  if (error) throw failed(error.code, error.message, error.hint);
  throw failed('CANCELLED', 'the scan was called off');
}

function failed(code: string, message: string, hint?: string): HarborRefusal {
  return new HarborRefusal(500, withHint(message, hint), { code });
}

interface Wanted {
  readonly record: ScanRecord;
  readonly type: ReportType;
  readonly sbom: SbomMediaType | undefined;
}

interface Means {
  readonly parts: HarborParts;
  readonly turns: Limiter;
  readonly waitMs: number;
}

/** A few at one time, as writing large reports takes long; whose turn does not come soon is told to come again. */
async function bodyInTurn(
  wanted: Wanted,
  { parts, turns, waitMs }: Means,
  { calledOff }: FastifyRequest,
): Promise<Packed> {
  const leave = await turns.enter({ signal: AbortSignal.any([calledOff, AbortSignal.timeout(waitMs)]) });
  try {
    const { record } = wanted;
    const stored = record.report && (await soon(parts.reports.find(record.report), waitMs));
    if (!stored) throw gone(record);
    const report = underName(stored, record.request.image);
    return await pack(piecesOf(report, wanted, parts));
  } finally {
    leave();
  }
}

function gone({ id }: ScanRecord): DrydockError {
  return new DrydockError('REPORT_NOT_FOUND', `the report of scan ${id} is not kept any more`, {
    hint: 'Scan the artifact again.',
  });
}

function piecesOf(
  report: Parameters<typeof harborVulnerabilityReport>[0],
  { record, type, sbom }: Wanted,
  parts: HarborParts,
): Iterable<string> {
  if (type.kind === 'raw') return jsonFormat.encode(report, { listAllPkgs: 'true' });
  const frame = frameOf(record, report.scannedAt, parts);
  return sbom === undefined
    ? harborVulnerabilityReport(report, frame)
    : harborSbomReport(report, frame, sbom);
}

function frameOf(
  { request: { image, manifestType }, finishedAt }: ScanRecord,
  scannedAt: string,
  { version }: HarborParts,
): ReportFrame {
  const { repository, digest, tag } = parseReference(image);
  return {
    generatedAt: finishedAt ?? scannedAt,
    artifact: {
      repository,
      ...(digest !== undefined && { digest }),
      ...(tag !== undefined && { tag }),
      ...(manifestType !== undefined && { mime_type: manifestType }),
    },
    scanner: { ...SCANNER, version },
  };
}
