import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { cleanText, fullVersion, sourceOf } from './rpm-package.ts';
import { isThirdParty } from './third-party.ts';

const MAX_PACKAGES = 100_000;
const FIELDS = 10;

/**
 * Packages of a `container-manifest-2`: a line each of name, version-release, install time, build time, vendor,
 * epoch or `(none)`, size, architecture, epoch as a number, and the source package, parted by tabs.
 */
export function parseManifest(text: string, path: string): FileResult {
  const diagnostics = openDiagnosticList();
  const packages: Package[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (packages.length >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_LIMIT', 'there are too many packages; the rest were not read');
      break;
    }
    const pkg = toPackage(line.split('\t', FIELDS + 1), path);
    if (pkg) packages.push(pkg);
    else diagnostics.add('PACKAGE_RECORD_INVALID', 'a line without the fields of a package is left out');
  }
  return { packages, diagnostics: diagnostics.all() };
}

function toPackage(fields: readonly string[], path: string): Package | undefined {
  if (fields.length < FIELDS) return undefined;
  const [name, version, , , vendor, epochText, , architecture, epochNumber, sourceFile] = fields.map(
    (field) => cleanText(field.trim()),
  );
  if (!name || !version) return undefined;
  const epoch = Number(/^\d{1,10}$/.exec(epochNumber ?? epochText ?? '')?.[0] ?? 0);
  const source = sourceOf(sourceFile, epoch);
  const release = version.slice(version.lastIndexOf('-') + 1);
  return {
    type: 'rpm',
    name,
    version: fullVersion(epoch, version, undefined),
    ...(architecture && { architecture }),
    ...(source && { source }),
    licenses: [],
    ...(vendor && { maintainer: vendor }),
    ...(isThirdParty(vendor, release) && { thirdParty: true }),
    paths: [path],
  };
}
