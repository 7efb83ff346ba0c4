import type { FileResult } from '../../analysis/analyzer.ts';
import type { ApplicationType, Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { textOf } from '../json-record.ts';
import { nameIn, packageId, versionIn } from '../package-text.ts';
import { attributeOf, readElements, type XmlElement } from './read-elements.ts';

const MAX_PACKAGES = 50_000;

/** Name and version in one element, as far as it states them. */
type Reading = (element: XmlElement) => { name: string | undefined; version: string | undefined } | undefined;

/**
 * The packages of `packages.config`, but for those that are needed to build only.
 *
 * @see https://learn.microsoft.com/nuget/reference/packages-config
 */
export function parsePackagesConfig(content: Uint8Array, path: string): FileResult {
  return packagesIn(content, path, 'nuget', (element) => {
    if (element.name !== 'package' || element.parents.join('/') !== 'packages') return undefined;
    if (attributeOf(element, 'developmentDependency')?.trim().toLowerCase() === 'true') return undefined;
    return { name: attributeOf(element, 'id'), version: attributeOf(element, 'version') };
  });
}

/**
 * The versions that `Directory.Packages.props` and the like set for a whole tree; those that a property stands for
 * are unknown here.
 *
 * @see https://learn.microsoft.com/nuget/consume-packages/central-package-management
 */
export function parsePackagesProps(content: Uint8Array, path: string): FileResult {
  return packagesIn(content, path, 'packages-props', (element) => {
    if (element.name !== 'PackageVersion' && element.name !== 'PackageReference') return undefined;
    if (element.parents.join('/') !== 'Project/ItemGroup') return undefined;
    const name = attributeOf(element, 'Include') || attributeOf(element, 'Update');
    const version = attributeOf(element, 'Version');
    return isProperty(name) || isProperty(version) ? undefined : { name, version };
  });
}

/** `$(Name)` */
function isProperty(text: string | undefined): boolean {
  return text?.includes('$(') ?? false;
}

function packagesIn(
  content: Uint8Array,
  path: string,
  application: ApplicationType,
  reading: Reading,
): FileResult {
  const diagnostics = openDiagnosticList();
  const packages = new Map<string, Package>();
  const problem = readElements(decode(content), (element) => {
    const stated = reading(element);
    if (!stated) return;
    const name = nameIn(stated.name);
    const version = versionIn(stated.version);
    // A reference without a version takes it from elsewhere.
    if (name === undefined || version === undefined) return;
    const id = packageId(name, version);
    if (packages.size < MAX_PACKAGES && !packages.has(id))
      packages.set(id, { type: 'nuget', name, version, licenses: [], application, paths: [path] });
  });
  if (problem !== undefined)
    diagnostics.add('PACKAGE_FILE_DAMAGED', `the file was not read to its end: ${problem}`);
  return { packages: [...packages.values()], diagnostics: diagnostics.all() };
}

/** Visual Studio has written UTF-16, with its mark. */
function decode(content: Uint8Array): string {
  const isWide = content[0] === 0xff && content[1] === 0xfe;
  return isWide ? new TextDecoder('utf-16le').decode(content) : textOf(content);
}
