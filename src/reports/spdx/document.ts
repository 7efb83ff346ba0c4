import type { Report } from '../../model/report.ts';
import { billOf } from '../bill/bill-of-materials.ts';
import type { BillPart, PartKind } from '../bill/bill.ts';
import { versionParts } from '../package-identity.ts';
import { openOwnLicenses, type OwnLicenses } from './licenses.ts';

/** A document of SPDX 2.3 before it is spelt in JSON or in tags. */
export interface SpdxDocument {
  readonly name: string;
  readonly namespace: string;
  /** `YYYY-MM-DDThh:mm:ssZ` */
  readonly created: string;
  /** `Tool: name-version` */
  readonly creator: string;
  readonly packages: readonly SpdxPackage[];
  readonly relations: readonly (readonly [from: string, type: string, to: string])[];
  readonly ownLicenses: readonly (readonly [id: string, name: string])[];
}

export interface SpdxPackage {
  readonly id: string;
  readonly name: string;
  readonly version?: string;
  readonly supplier: string;
  readonly declared: string;
  readonly sourceInfo?: string;
  readonly description?: string;
  /** Algorithm and hex. */
  readonly checksum?: readonly [string, string];
  readonly purl?: string;
  /** Pages of advisories. */
  readonly advisories: readonly string[];
  readonly purpose: string;
  /** `Name: value` */
  readonly notes: readonly string[];
}

export const DOCUMENT_ID = 'SPDXRef-DOCUMENT';

/** Readers tell kinds by these, so that they have to be Trivy's. */
const IDS: Readonly<Record<PartKind, string>> = {
  container: 'ContainerImage',
  directory: 'Filesystem',
  'operating-system': 'OperatingSystem',
  application: 'Application',
  library: 'Package',
};

const PURPOSES: Readonly<Record<PartKind, string>> = {
  container: 'CONTAINER',
  directory: 'SOURCE',
  'operating-system': 'OPERATING-SYSTEM',
  application: 'APPLICATION',
  library: 'LIBRARY',
};

export function toSpdx(report: Report, withVulnerabilities: boolean): SpdxDocument {
  const bill = billOf(report, `spdx ${withVulnerabilities ? 'with' : 'without'}`);
  const licenses = openOwnLicenses();
  const parts = [bill.subject, ...bill.parts];
  return {
    name: bill.subject.name,
    namespace: `urn:uuid:${bill.uuid}`,
    created: report.scannedAt.replace(/\.[0-9]+Z$/, 'Z'),
    creator: `Tool: ${report.engine.replace('/', '-')}`,
    packages: parts.map((part) => toPackage(part, licenses, withVulnerabilities)),
    relations: [
      [DOCUMENT_ID, 'DESCRIBES', idOf(bill.subject)],
      ...parts.flatMap((part) => [
        ...part.holds.map((held) => [idOf(part), 'CONTAINS', idOf(held)] as const),
        ...part.needs.map((needed) => [idOf(part), 'DEPENDS_ON', idOf(needed)] as const),
      ]),
    ],
    ownLicenses: licenses.all(),
  };
}

function idOf({ kind, uuid }: BillPart): string {
  return `SPDXRef-${IDS[kind]}-${uuid.replaceAll('-', '')}`;
}

/** They have places of their own. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['SrcName', 'SrcVersion', 'SrcRelease', 'SrcEpoch']);

function toPackage(part: BillPart, licenses: OwnLicenses, withVulnerabilities: boolean): SpdxPackage {
  const { package: pkg } = part;
  const sourceInfo = sourceInfoOf(part);
  const checksum = checksumOf(pkg?.archiveDigest);
  const pages = withVulnerabilities ? part.vulnerabilities.flatMap(({ primaryUrl }) => primaryUrl ?? []) : [];
  return {
    id: idOf(part),
    name: part.name,
    ...(part.version !== undefined && { version: part.version }),
    supplier: pkg?.maintainer ? `Organization: ${pkg.maintainer}` : 'NOASSERTION',
    declared: licenses.expressionOf(pkg?.licenses ?? []),
    ...(sourceInfo !== undefined && { sourceInfo }),
    ...(part.description !== undefined && { description: part.description }),
    ...(checksum && { checksum }),
    ...(part.purl !== undefined && { purl: part.purl }),
    advisories: [...new Set(pages)].filter((page) => /^\S+$/.test(page)),
    purpose: PURPOSES[part.kind],
    notes: part.properties
      .filter(([name]) => !TOLD_ELSEWHERE.has(name))
      .map(([name, value]) => `${name}: ${value}`),
  };
}

/** In the sentences that Trivy writes and reads. */
function sourceInfoOf({ package: pkg, foundIn }: BillPart): string | undefined {
  if (pkg?.source) {
    const { epoch, version, release } = versionParts(pkg.type, pkg.source.version);
    const full = `${epoch > 0 ? `${epoch}:` : ''}${version}${release === undefined ? '' : `-${release}`}`;
    return `built package from: ${pkg.source.name} ${full}`;
  }
  return foundIn === undefined || foundIn === '' ? undefined : `package found in: ${foundIn}`;
}

const CHECKSUM = /^(md5|sha1|sha256|sha384|sha512):([0-9a-f]{32,128})$/;

function checksumOf(digest: string | undefined): readonly [string, string] | undefined {
  const match = CHECKSUM.exec(digest?.toLowerCase() ?? '');
  return match?.[1] && match[2] ? [match[1].toUpperCase(), match[2]] : undefined;
}
