import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { DOCUMENT_ID, toSpdx, type SpdxDocument, type SpdxPackage } from './document.ts';

/**
 * A bill of materials of SPDX 2.3 in JSON. Parameter `vulnerabilities`: `false` leaves out links to advisories.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export const spdxJsonFormat: ReportFormat = {
  id: 'spdx-json',
  mediaType: 'application/spdx+json',
  *encode(report, parameters) {
    yield* jsonPieces(toJson(toSpdx(report, parameters['vulnerabilities'] !== 'false')));
    yield '\n';
  },
};

function toJson(document: SpdxDocument): unknown {
  const { created, creator, ownLicenses } = document;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT_ID,
    name: document.name,
    documentNamespace: document.namespace,
    creationInfo: { creators: [creator], created },
    packages: document.packages.map((one) => packageJson(one, document)),
    relationships: document.relations.map(([spdxElementId, relationshipType, relatedSpdxElement]) => ({
      spdxElementId,
      relatedSpdxElement,
      relationshipType,
    })),
    hasExtractedLicensingInfos:
      ownLicenses.length === 0
        ? undefined
        : ownLicenses.map(([licenseId, name]) => ({
            licenseId,
            name,
            extractedText: `Named ${JSON.stringify(name)} by the package; its text is not known`,
          })),
  };
}

function packageJson(one: SpdxPackage, { created, creator }: SpdxDocument): unknown {
  const { purl, checksum } = one;
  const references = [
    ...(purl === undefined ? [] : [reference('PACKAGE-MANAGER', 'purl', purl)]),
    ...one.advisories.map((page) => reference('SECURITY', 'advisory', page)),
  ];
  return {
    name: one.name,
    SPDXID: one.id,
    versionInfo: one.version,
    supplier: one.supplier,
    downloadLocation: 'NONE',
    filesAnalyzed: false,
    checksums: checksum && [{ algorithm: checksum[0], checksumValue: checksum[1] }],
    sourceInfo: one.sourceInfo,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: one.declared,
    copyrightText: 'NOASSERTION',
    description: one.description,
    externalRefs: references.length > 0 ? references : undefined,
    annotations:
      one.notes.length === 0
        ? undefined
        : one.notes.map((comment) => ({
            annotationDate: created,
            annotationType: 'OTHER',
            annotator: creator,
            comment,
          })),
    // The schema spells with an underscore what the text of the standard spells with a hyphen.
    primaryPackagePurpose: one.purpose.replace('-', '_'),
  };
}

function reference(referenceCategory: string, referenceType: string, referenceLocator: string): unknown {
  return { referenceCategory, referenceType, referenceLocator };
}
