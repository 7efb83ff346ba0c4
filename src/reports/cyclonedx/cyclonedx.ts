import type { Report } from '../../model/report.ts';
import { billOf } from '../bill/bill-of-materials.ts';
import type { Bill, BillPart, PartKind } from '../bill/bill.ts';
import { OWN, type Property } from '../bill/properties.ts';
import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { cycloneDxLicenses } from './licenses.ts';
import { cycloneDxVulnerabilities } from './vulnerabilities.ts';

const SPEC_VERSIONS: ReadonlySet<string> = new Set(['1.4', '1.5', '1.6', '1.7']);
const NEWEST = '1.7';

/**
 * A bill of materials of CycloneDX in JSON, with Trivy's names for what the format itself has no place for.
 *
 * Parameter `specVersion`: `1.4` to `1.7`, the newest unless told otherwise. Parameter `vulnerabilities`: `false`
 * leaves them out.
 *
 * @see https://cyclonedx.org/docs/1.7/json/
 */
export const cyclonedxFormat: ReportFormat = {
  id: 'cyclonedx',
  mediaType: 'application/vnd.cyclonedx+json',
  *encode(report, parameters) {
    const asked = parameters['specVersion'] ?? NEWEST;
    const specVersion = SPEC_VERSIONS.has(asked) ? asked : NEWEST;
    yield* jsonPieces(toCycloneDx(report, specVersion, parameters['vulnerabilities'] !== 'false'));
    yield '\n';
  },
};

function toCycloneDx(report: Report, specVersion: string, withVulnerabilities: boolean): unknown {
  const bill = billOf(report, `cyclonedx ${specVersion} ${withVulnerabilities ? 'with' : 'without'}`);
  const refOf = references(bill);
  const component = (part: BillPart): unknown => toComponent(part, refOf(part), specVersion);
  return {
    $schema: `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion,
    serialNumber: `urn:uuid:${bill.uuid}`,
    version: 1,
    metadata: {
      timestamp: report.scannedAt,
      tools: toolOf(report, specVersion),
      component: component(bill.subject),
      properties: databasesOf(report),
    },
    components: bill.parts.map(component),
    dependencies: [bill.subject, ...bill.parts].map((part) => ({
      ref: refOf(part),
      dependsOn: [...new Set([...part.holds, ...part.needs].map(refOf))].sort(),
    })),
    vulnerabilities: withVulnerabilities
      ? [...cycloneDxVulnerabilities(bill.parts, refOf, specVersion)]
      : undefined,
  };
}

/** The package URL where it names one part only, as people look for it; else the part's own id. */
function references({ subject, parts }: Bill): (part: BillPart) => string {
  const counts = new Map<string, number>();
  for (const { purl } of [subject, ...parts]) if (purl) counts.set(purl, (counts.get(purl) ?? 0) + 1);
  return ({ purl, uuid }) => (purl !== undefined && counts.get(purl) === 1 ? purl : uuid);
}

/** `drydock/1.2.3`. The shape of `tools` has changed with 1.5, and readers of that version still want the old one. */
function toolOf({ engine }: Report, specVersion: string): unknown {
  const [name = '', version] = engine.split('/', 2);
  if (specVersion <= '1.5') return [{ vendor: name, name, version }];
  return { components: [{ type: 'application', name, version }] };
}

/** Which data the vulnerabilities are from. */
function databasesOf({ advisoryDbs }: Report): unknown[] | undefined {
  return advisoryDbs.length === 0
    ? undefined
    : advisoryDbs.map(({ source, digest, builtAt }) => ({
        name: `${OWN}AdvisoryDatabase`,
        value: `${source}@${digest} ${builtAt}`,
      }));
}

/** A directory is, in this format's words, an application. */
const TYPES: Readonly<Record<PartKind, string>> = {
  container: 'container',
  directory: 'application',
  'operating-system': 'operating-system',
  application: 'application',
  library: 'library',
};

function toComponent(part: BillPart, ref: string, specVersion: string): unknown {
  const pkg = part.package;
  const paths = specVersion === '1.4' ? [] : (pkg?.paths ?? []);
  return {
    'bom-ref': ref,
    type: TYPES[part.kind],
    supplier: pkg?.maintainer ? { name: pkg.maintainer } : undefined,
    ...nameOf(part),
    version: part.version,
    description: part.description,
    scope: pkg?.development ? 'excluded' : undefined,
    hashes: hashesOf(pkg?.archiveDigest),
    licenses: cycloneDxLicenses(pkg?.licenses ?? []),
    purl: part.purl,
    evidence: paths.length > 0 ? { occurrences: paths.map((location) => ({ location })) } : undefined,
    properties: part.properties.map(toProperty),
  };
}

function toProperty([name, value]: Property): unknown {
  return { name: name.startsWith(OWN) ? name : `aquasecurity:trivy:${name}`, value };
}

/** Scopes of npm and groups of Maven have a member of their own. */
function nameOf({ name, package: pkg }: BillPart): { readonly group?: string; readonly name: string } {
  const at = pkg?.type === 'maven' ? name.indexOf(':') : pkg?.type === 'npm' ? name.lastIndexOf('/') : -1;
  return at > 0 ? { group: name.slice(0, at), name: name.slice(at + 1) } : { name };
}

const ALGORITHMS: ReadonlyMap<string, { readonly name: string; readonly chars: number }> = new Map([
  ['md5', { name: 'MD5', chars: 32 }],
  ['sha1', { name: 'SHA-1', chars: 40 }],
  ['sha256', { name: 'SHA-256', chars: 64 }],
  ['sha384', { name: 'SHA-384', chars: 96 }],
  ['sha512', { name: 'SHA-512', chars: 128 }],
]);

function hashesOf(digest: string | undefined): unknown[] | undefined {
  const [algorithm = '', content = ''] = digest?.split(':', 2) ?? [];
  const known = ALGORITHMS.get(algorithm);
  return known && content.length === known.chars && /^[0-9a-f]+$/i.test(content)
    ? [{ alg: known.name, content: content.toLowerCase() }]
    : undefined;
}
