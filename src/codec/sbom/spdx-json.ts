import { SBOM_LIMITS, SbomError, type SbomDocument } from './document.ts';
import { member, objectsAt, objectAt, textAt, textsAt, type JsonObject } from './json-members.ts';
import { toDocument, type SpdxPackage, type SpdxRelation } from './spdx.ts';

/** A document of SPDX 2 in JSON. */
export function parseSpdxJson(root: JsonObject): SbomDocument {
  const specVersion = spdxVersion(textAt(root, 'spdxVersion') ?? '');
  return toDocument({
    specVersion,
    name: textAt(root, 'name'),
    packages: objectsAt(root, 'packages').map(toPackage),
    files: new Map(
      objectsAt(root, 'files').flatMap((file) => {
        const [id, name] = [textAt(file, 'SPDXID'), textAt(file, 'fileName')];
        return id && name ? [[id, name] as const] : [];
      }),
    ),
    relations: relationsOf(root),
    ownLicenses: new Map(
      objectsAt(root, 'hasExtractedLicensingInfos').flatMap((license) => {
        const [id, name] = [textAt(license, 'licenseId'), textAt(license, 'name')];
        return id && name ? [[id, name] as const] : [];
      }),
    ),
    describes: textsAt(root, 'documentDescribes')[0],
  });
}

/** `SPDX-2.3` → `2.3`. @throws SbomError for what is not of version 2 */
export function spdxVersion(text: string): string {
  const version = /^SPDX-(2\.[0-9]{1,2})$/.exec(text)?.[1];
  if (version === undefined)
    throw new SbomError('unsupported', `its version of SPDX is ${JSON.stringify(text.slice(0, 20))}`);
  return version;
}

function toPackage(node: JsonObject): SpdxPackage {
  const annotations = objectsAt(node, 'annotations').flatMap((one) => textAt(one, 'comment') ?? []);
  const notes = annotations.length > 0 ? annotations : textsAt(node, 'attributionTexts');
  return {
    id: textAt(node, 'SPDXID') ?? '',
    name: textAt(node, 'name') ?? '',
    version: textAt(node, 'versionInfo'),
    supplier: textAt(node, 'supplier'),
    checksums: objectsAt(node, 'checksums').map(
      (sum) => `${textAt(sum, 'algorithm') ?? ''}: ${textAt(sum, 'checksumValue') ?? ''}`,
    ),
    declared: textAt(node, 'licenseDeclared'),
    concluded: textAt(node, 'licenseConcluded'),
    sourceInfo: textAt(node, 'sourceInfo'),
    description: textAt(node, 'description'),
    notes: notes.slice(0, SBOM_LIMITS.properties),
    purl: purlOf(node),
    purpose: textAt(node, 'primaryPackagePurpose'),
  };
}

function purlOf(node: JsonObject): string | undefined {
  const reference = objectsAt(node, 'externalRefs').find((one) => textAt(one, 'referenceType') === 'purl');
  return textAt(reference, 'referenceLocator');
}

function* relationsOf(root: JsonObject): Generator<SpdxRelation> {
  for (const node of objectsAt(root, 'relationships')) {
    const [from, type, to] = ['spdxElementId', 'relationshipType', 'relatedSpdxElement'].map((key) =>
      textAt(node, key),
    );
    if (from && type && to) yield { from, type, to };
  }
  // Older documents name files of a package in the package.
  for (const node of objectsAt(root, 'packages')) {
    const from = textAt(node, 'SPDXID');
    for (const to of textsAt(node, 'hasFiles')) if (from) yield { from, type: 'CONTAINS', to };
  }
}

/** SPDX 3 has another shape, in which everything is a node of a graph. */
export function isSpdx3(root: JsonObject): boolean {
  const context = member(root, '@context');
  return typeof context === 'string' ? context.includes('spdx.org') : objectAt(root, '@graph') !== undefined;
}
