import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Report } from '../../model/report.ts';
import { parseReference, formatReference } from '../../oci/reference.ts';
import { selectFindings } from '../../reports/select.ts';
import { encodeReport, REPORT_TYPE } from '../../scan/remote/report-wire.ts';
import { formatFor } from './negotiate.ts';
import { SEVERITIES } from './schemas.ts';

/** What a caller may ask of a report. */
export interface ReportQuery {
  readonly format?: string;
  readonly severity?: string;
  readonly pkgTypes?: string;
  readonly ignoreUnfixed?: boolean;
  readonly exploited?: boolean;
  readonly listAllPkgs?: boolean;
}

/** Sends a report in the format that was asked for. @throws DrydockError FORMAT_UNKNOWN */
export async function tellReport(
  report: Report,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const query = request.query as ReportQuery;
  if (query.format === undefined && isForOurClient(request.headers.accept)) {
    void reply.header('content-type', REPORT_TYPE).header('vary', 'accept');
    return reply.send(Readable.from(encodeReport(report)));
  }
  const format = await formatFor(query.format, request.headers.accept);
  const told = selectFindings(report, {
    severities: listed(query.severity, SEVERITIES),
    ignoreUnfixed: query.ignoreUnfixed ?? false,
    ignoreStatuses: [],
    pkgTypes: listed(query.pkgTypes, ['os', 'library'] as const),
    ignoreRules: [],
    exploitedOnly: query.exploited ?? false,
    now: new Date(),
  });
  const parameters = { listAllPkgs: String(query.listAllPkgs ?? true) };
  void reply.header('content-type', format.mediaType).header('vary', 'accept');
  // A page from here must not act here.
  if (format.id === 'html') void reply.header('content-security-policy', REPORT_POLICY);
  return reply.send(Readable.from(format.encode(told, parameters)));
}

/** It filters and tells the report itself, so it is given all of it. */
function isForOurClient(accept: string | undefined): boolean {
  return accept?.split(',')[0]?.trim().toLowerCase() === REPORT_TYPE;
}

const REPORT_POLICY =
  "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** Unknown words are as good as none; without any, all are meant. */
function listed<T extends string>(text: string | undefined, known: readonly T[]): readonly T[] {
  const asked = new Set(text?.toLowerCase().split(',') ?? []);
  const chosen = known.filter((one) => asked.has(one.toLowerCase()));
  return chosen.length > 0 ? chosen : known;
}

/** A stored report names the image as somebody else asked for it, which is nobody's business but his. */
export function underName(report: Report, name: string): Report {
  const { reference: _hidden, ...image } = report.image;
  const asked = { ...image, name, repoTags: [] as string[], repoDigests: [] as string[] };
  if (name.startsWith('sha256:')) return { ...report, image: asked };
  const reference = parseReference(name);
  const { registry, repository, tag } = reference;
  return {
    ...report,
    image: {
      ...asked,
      reference,
      repoTags: tag === undefined ? [] : [formatReference({ registry, repository, tag })],
      repoDigests: [formatReference({ registry, repository, digest: image.digest })],
    },
  };
}
