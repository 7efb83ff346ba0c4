import { stableUuid } from '../bill/stable-id.ts';
import type { ReportFormat } from '../format.ts';
import { toJson } from '../json/json.ts';
import { jsonPieces } from '../json-pieces.ts';

/** The report lies two levels deep, and its packages and findings are told one by one. */
const START_DEPTH = -2;

/**
 * The predicate of an attestation of vulnerabilities, as `cosign attest --type vuln` takes it. `result` is the report
 * in JSON; its id is made of what was scanned, so that the same report is signed as the same bytes.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md
 */
export const cosignVulnFormat: ReportFormat = {
  id: 'cosign-vuln',
  mediaType: 'application/vnd.cosign.vuln+json',
  *encode(report, parameters) {
    const { engine, scannedAt, image, advisoryDbs } = report;
    const [name = '', version = ''] = engine.split('/', 2);
    const [db] = advisoryDbs;
    const shown = { isListingAll: parameters['listAllPkgs'] !== 'false', showsSuppressed: true };
    const databases = advisoryDbs.map(({ digest }) => digest);
    const predicate = {
      invocation: { parameters: null, uri: '', event_id: '', 'builder.id': '' },
      scanner: {
        uri: `pkg:generic/${name}@${version}`,
        version,
        db: { uri: db ? `${db.source}@${db.digest}` : '', version: db?.builtAt ?? '' },
        result: {
          ...toJson(report, shown),
          ReportID: stableUuid('report', image.digest, image.name, scannedAt, ...databases),
        },
      },
      metadata: { scanStartedOn: scannedAt, scanFinishedOn: scannedAt },
    };
    yield* jsonPieces(predicate, '', START_DEPTH);
    yield '\n';
  },
};
