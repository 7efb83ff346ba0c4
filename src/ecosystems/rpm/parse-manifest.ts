import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { fullVersion, sourceOf } from './rpm-package.ts';

const MAX_PACKAGES = 100_000;
const FIELDS = 10;

/**
 * Packages of a `container-manifest-2`: a line each of name, version-release, install time, build time, vendor,
 * epoch, size, architecture, another epoch and the source package, parted by tabs.
 */
export function parseManifest(text: string, path: string): FileResult {
  const diagnostics = openDiagnosticList();
  const packages: Package[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const fields = line.split('\t').map((field) => field.trim());
    const [name, versionRelease, , , vendor, epochText, , architecture, , sourceFile] = fields;
    if (fields.length < FIELDS || !name || !versionRelease || packages.length >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_RECORD_INVALID', `a line of ${fields.length} fields is left out`);
      continue;
    }
    const epoch = Number(/^\d{1,10}$/.exec(epochText ?? '')?.[0] ?? 0);
    const source = sourceOf(sourceFile, epoch);
    packages.push({
      type: 'rpm',
      name,
      version: fullVersion(epoch, versionRelease, undefined),
      ...(architecture && { architecture }),
      ...(source && { source }),
      licenses: [],
      ...(vendor && vendor !== '(none)' && { maintainer: vendor }),
      paths: [path],
    });
  }
  return { packages, diagnostics: diagnostics.all() };
}
