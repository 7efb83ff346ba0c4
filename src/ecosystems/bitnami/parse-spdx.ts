import type { FileResult } from '../../analysis/analyzer.ts';
import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import type { ApplicationType, Package, PackageType } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';

const MAX_PACKAGES = 50_000;
const MAX_REFERENCES = 100;

/** Kinds of packages that a component of Bitnami's brings with it. */
const KINDS: ReadonlyMap<string, { readonly type: PackageType; readonly application: ApplicationType }> =
  new Map([
    ['bitnami', { type: 'bitnami', application: 'bitnami' }],
    ['cargo', { type: 'cargo', application: 'rustbinary' }],
    ['composer', { type: 'composer', application: 'composer-vendor' }],
    ['conda', { type: 'conda', application: 'conda-pkg' }],
    ['gem', { type: 'gem', application: 'gemspec' }],
    ['golang', { type: 'golang', application: 'gobinary' }],
    ['maven', { type: 'maven', application: 'jar' }],
    ['npm', { type: 'npm', application: 'node-pkg' }],
    ['nuget', { type: 'nuget', application: 'dotnet-core' }],
    ['pypi', { type: 'pypi', application: 'python-pkg' }],
  ]);

/**
 * The packages in the bill of materials that Bitnami puts beside a component (SPDX 2 as JSON). They belong to the
 * component's folder.
 *
 * @see https://github.com/bitnami/vulndb
 */
export function parseSpdx(content: Uint8Array, path: string): FileResult {
  const document = recordOf(parseJson(textOf(content))?.value);
  const list = own(document, 'packages');
  if (!Array.isArray(list)) return damaged('the bill of materials of a component is not SPDX in JSON');
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const diagnostics = openDiagnosticList();
  const packages: Package[] = [];
  for (const item of list as readonly unknown[]) {
    if (packages.length >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
      break;
    }
    const record = recordOf(item);
    const url = record && purlOf(record);
    const pkg = url && toPackage(record, url, folder);
    if (pkg) packages.push(pkg);
  }
  return { packages, diagnostics: diagnostics.all() };
}

function purlOf(record: JsonRecord): PackageUrl | undefined {
  const references = own(record, 'externalRefs');
  if (!Array.isArray(references)) return undefined;
  for (const item of (references as readonly unknown[]).slice(0, MAX_REFERENCES)) {
    const reference = recordOf(item);
    const locator = own(reference, 'referenceLocator');
    if (own(reference, 'referenceType') === 'purl' && typeof locator === 'string')
      return parsePackageUrl(locator);
  }
  return undefined;
}

function toPackage(record: JsonRecord, url: PackageUrl, folder: string): Package | undefined {
  const kind = KINDS.get(url.type);
  const name = nameIn(nameOf(url));
  const version = versionIn(url.version ?? own(record, 'versionInfo'));
  if (!kind || name === undefined || version === undefined) return undefined;
  const architecture = nameIn(url.qualifiers?.['arch']);
  const file = own(record, 'packageFileName');
  return {
    type: kind.type,
    name,
    version,
    ...(architecture && { architecture }),
    licenses: licensesIn([statedLicense(record)]),
    application: kind.application,
    paths: [kind.type === 'bitnami' || typeof file !== 'string' ? folder : below(folder, file)],
  };
}

/** The name as the ecosystem itself writes it. */
function nameOf({ type, namespace, name }: PackageUrl): string {
  if (namespace === undefined) return name;
  return `${namespace}${type === 'maven' ? ':' : '/'}${name}`;
}

function statedLicense(record: JsonRecord): unknown {
  const stated = ['licenseDeclared', 'licenseConcluded'].map((key) => own(record, key));
  return stated.find((license) => license !== 'NOASSERTION' && license !== 'NONE' && license !== undefined);
}

/** Files are given from the component's folder; one that leads out of it is not believed. */
function below(folder: string, file: string): string {
  const parts = file.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || file.length > 1024 || parts.includes('..')
    ? folder
    : `${folder}/${parts.join('/')}`;
}
