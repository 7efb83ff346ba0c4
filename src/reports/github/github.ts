import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { billOf } from '../bill/bill-of-materials.ts';
import type { BillPart } from '../bill/bill.ts';
import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { resultsOf } from '../results.ts';

const NO_COMMIT = '0'.repeat(40);

/**
 * A snapshot for GitHub's dependency submission API: what is in the image, for Dependabot to judge.
 *
 * Parameters, which a pipeline knows: `sha` (the commit), `ref` (`refs/heads/main`), `correlator` (workflow and job),
 * `jobId`, `jobUrl`. Without them the document is whole, but names no commit, and GitHub refuses it.
 *
 * @see https://docs.github.com/rest/dependency-graph/dependency-submission
 */
export const githubFormat: ReportFormat = {
  id: 'github',
  mediaType: 'application/vnd.github.dependency-snapshot+json',
  *encode(report, parameters) {
    yield* jsonPieces(toSnapshot(report, parameters), '', 0);
    yield '\n';
  },
};

function toSnapshot(report: Report, parameters: Readonly<Record<string, string>>): unknown {
  const [name = 'drydock', version = ''] = report.engine.split('/', 2);
  const { sha = '', ref = '', correlator, jobId, jobUrl } = parameters;
  return {
    version: 0,
    sha: /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha) ? sha : NO_COMMIT,
    ref: ref.startsWith('refs/') ? ref : 'refs/heads/main',
    job: {
      id: jobId || report.image.digest,
      correlator: correlator || `drydock_${report.image.name}`,
      html_url: jobUrl || undefined,
    },
    detector: { name, version, url: 'urn:drydock' },
    scanned: report.scannedAt,
    metadata: metadataOf(report),
    manifests: manifestsOf(report),
  };
}

/** At most eight, says the API. */
function metadataOf({ image, os, advisoryDbs }: Report): unknown {
  return {
    'drydock:image': image.name,
    'drydock:digest': image.digest,
    'drydock:operating-system': os && `${os.family} ${os.version}`,
    'drydock:database': advisoryDbs[0]?.digest,
  };
}

function manifestsOf(report: Report): unknown {
  const parts = partsByPackage(report);
  const results = resultsOf(report).filter(({ packages }) => packages.length > 0);
  const names = new Set<string>();
  /** One file may hold packages of several kinds. */
  const nameFor = (target: string, type: string): string => {
    const name = names.has(target) ? `${target} (${type})` : target;
    names.add(name);
    return name;
  };
  return Object.fromEntries(
    results.map(({ target, class: group, type = '', packages }) => {
      const name = nameFor(target, type);
      return [
        name,
        {
          name,
          file: group === 'lang-pkgs' && target.includes('/') ? { source_location: target } : undefined,
          metadata: { 'drydock:type': type },
          resolved: resolvedOf(packages, parts),
        },
      ];
    }),
  );
}

function partsByPackage(report: Report): ReadonlyMap<Package, BillPart> {
  const { parts } = billOf(report, 'github');
  return new Map(parts.flatMap((part) => (part.package ? [[part.package, part] as const] : [])));
}

function resolvedOf(packages: readonly Package[], parts: ReadonlyMap<Package, BillPart>): unknown {
  return Object.fromEntries(
    packages.flatMap((pkg) => {
      const part = parts.get(pkg);
      if (part?.purl === undefined) return [];
      const needs = part.needs.flatMap(({ purl }) => purl ?? []).sort();
      const resolved = {
        package_url: part.purl,
        relationship: pkg.relationship === 'indirect' ? 'indirect' : 'direct',
        scope: pkg.development ? 'development' : 'runtime',
        dependencies: needs.length > 0 ? needs : undefined,
      };
      return [[part.purl, resolved]];
    }),
  );
}
