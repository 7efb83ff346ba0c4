import type { ReportFormat } from '../format.ts';
import { DOCUMENT_ID, toSpdx, type SpdxPackage } from './document.ts';

/**
 * A bill of materials of SPDX 2.3 in lines of `Tag: value`. Parameter `vulnerabilities`: `false` leaves out links to
 * advisories.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export const spdxFormat: ReportFormat = {
  id: 'spdx',
  mediaType: 'text/spdx',
  *encode(report, parameters) {
    const document = toSpdx(report, parameters['vulnerabilities'] !== 'false');
    yield lines([
      ['SPDXVersion', 'SPDX-2.3'],
      ['DataLicense', 'CC0-1.0'],
      ['SPDXID', DOCUMENT_ID],
      ['DocumentName', document.name],
      ['DocumentNamespace', document.namespace],
      ['Creator', document.creator],
      ['Created', document.created],
    ]);
    for (const one of document.packages) yield `\n${lines(packageTags(one))}`;
    yield '\n';
    for (const relation of document.relations) yield lines([['Relationship', relation.join(' ')]]);
    for (const [id, name] of document.ownLicenses) {
      const text = `Named ${JSON.stringify(name)} by the package; its text is not known`;
      yield `\n${lines([
        ['LicenseID', id],
        ['ExtractedText', text, 'long'],
        ['LicenseName', name],
      ])}`;
    }
  },
};

type Tag = readonly [tag: string, value: string | undefined, form?: 'long'];

function packageTags(one: SpdxPackage): Tag[] {
  return [
    ['PackageName', one.name],
    ['SPDXID', one.id],
    ['PackageVersion', one.version],
    ['PackageSupplier', one.supplier],
    ['PackageDownloadLocation', 'NONE'],
    ['PrimaryPackagePurpose', one.purpose],
    ['FilesAnalyzed', 'false'],
    ['PackageChecksum', one.checksum?.join(': ')],
    ['PackageSourceInfo', one.sourceInfo, 'long'],
    ['PackageLicenseConcluded', 'NOASSERTION'],
    ['PackageLicenseDeclared', one.declared],
    ['PackageCopyrightText', 'NOASSERTION'],
    ['PackageDescription', one.description, 'long'],
    ['ExternalRef', one.purl && `PACKAGE-MANAGER purl ${one.purl}`],
    ...one.advisories.map((page): Tag => ['ExternalRef', `SECURITY advisory ${page}`]),
    // Annotations would stand apart from their packages here, where other readers lose them.
    ...one.notes.map((note): Tag => ['PackageAttributionText', note, 'long']),
  ];
}

function lines(tags: readonly Tag[]): string {
  return tags
    .map(([tag, value, form]) => {
      if (value === undefined) return '';
      return form === 'long' ? `${tag}: <text>${longText(value)}</text>\n` : `${tag}: ${oneLine(value)}\n`;
    })
    .join('');
}

/** Nothing of a package's may begin a line of its own, or a text that swallows the lines that follow. */
function oneLine(value: string): string {
  return withoutControls(value.replace(/[\r\n]+/g, ' ')).replace(/^\s*<text>/, '< text>');
}

function longText(value: string): string {
  return withoutControls(value).replaceAll('</text>', '<\\/text>');
}

/** Some readers end lines at some of them, and terminals obey others. */
function withoutControls(value: string): string {
  return value.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/g, '\ufffd');
}
