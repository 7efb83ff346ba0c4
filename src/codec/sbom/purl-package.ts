import type { ApplicationType, Package, PackageType, SourcePackage } from '../../model/package.ts';
import { parsePackageUrl, type PackageUrl } from '../purl.ts';

/**
 * What a package of each type is taken for when nothing tells which file named it; packages of the operating system
 * are of no application.
 */
const APPLICATIONS: ReadonlyMap<
  string,
  { readonly type: PackageType; readonly application?: ApplicationType }
> = new Map([
  ['apk', { type: 'apk' }],
  ['bottlerocket', { type: 'bottlerocket' }],
  ['deb', { type: 'deb' }],
  ['rpm', { type: 'rpm' }],
  ['bitnami', { type: 'bitnami', application: 'bitnami' }],
  ['cargo', { type: 'cargo', application: 'cargo' }],
  ['cocoapods', { type: 'cocoapods', application: 'cocoapods' }],
  ['composer', { type: 'composer', application: 'composer' }],
  ['conan', { type: 'conan', application: 'conan' }],
  ['conda', { type: 'conda', application: 'conda-pkg' }],
  ['gem', { type: 'gem', application: 'gemspec' }],
  ['generic', { type: 'generic', application: 'sbom' }],
  ['golang', { type: 'golang', application: 'gobinary' }],
  ['gradle', { type: 'maven', application: 'jar' }],
  ['hex', { type: 'hex', application: 'hex' }],
  ['julia', { type: 'julia', application: 'julia' }],
  ['maven', { type: 'maven', application: 'jar' }],
  ['npm', { type: 'npm', application: 'node-pkg' }],
  ['nuget', { type: 'nuget', application: 'nuget' }],
  ['pub', { type: 'pub', application: 'pub' }],
  ['pypi', { type: 'pypi', application: 'python-pkg' }],
  ['swift', { type: 'swift', application: 'swift' }],
  ['wordpress', { type: 'wordpress', application: 'wordpress' }],
]);

/**
 * The package that a package URL names, as far as it tells; undefined for text that is none, or one of a type that
 * nothing is known of.
 */
export function packageFromPurl(purl: string): Package | undefined {
  const url = readUrl(purl);
  return url && packageOf(url);
}

/** A package URL none of whose parts hides control characters behind percent signs. */
export function readUrl(purl: string): PackageUrl | undefined {
  const url = parsePackageUrl(purl);
  if (!url) return undefined;
  const { namespace = '', name, version = '', qualifiers = {}, subpath = '' } = url;
  const texts = [namespace, name, version, subpath, ...Object.values(qualifiers)];
  return texts.some((text) => text !== undefined && /[\0-\x1f\x7f-\x9f]/.test(text)) ? undefined : url;
}

/** {@link packageFromPurl} of a URL that is read already. */
export function packageOf(url: PackageUrl): Package | undefined {
  const known = APPLICATIONS.get(url.type);
  if (!known) return undefined;
  const isOfSystem = known.application === undefined;
  const version = isOfSystem ? withEpoch(url) : (url.version ?? '');
  const { arch, modularitylabel, rpmmod } = url.qualifiers ?? {};
  const modularityLabel = modularitylabel ?? rpmmod;
  const source = isOfSystem ? upstreamOf(url, version) : undefined;
  return {
    type: known.type,
    name: nameOf(url),
    version,
    ...(arch && arch !== 'src' && (isOfSystem || known.type === 'bitnami') && { architecture: arch }),
    ...(source && { source }),
    ...(modularityLabel && known.type === 'rpm' && { modularityLabel }),
    licenses: [],
    ...(known.application && { application: known.application }),
    paths: [],
  };
}

/** The name as the ecosystem itself writes it. */
function nameOf({ type, namespace, name, subpath }: PackageUrl): string {
  switch (type) {
    case 'apk':
    case 'bottlerocket':
    case 'deb':
    case 'rpm':
      return name;
    case 'cocoapods':
      return subpath === undefined ? name : `${name}/${subpath}`;
    case 'golang': // the longer a path, the more tools put its end behind the `#`
      return [namespace, name, subpath].filter(Boolean).join('/');
    case 'gradle':
    case 'maven':
      return namespace === undefined ? name : `${namespace}:${name}`;
    default:
      return namespace === undefined ? name : `${namespace}/${name}`;
  }
}

/** The epoch stands in the version or apart from it, and says nothing when it is 0. */
function withEpoch({ version = '', qualifiers }: PackageUrl): string {
  const epoch = qualifiers?.['epoch'];
  const whole =
    /^\d+:/.test(version) || !epoch || !/^\d{1,10}$/.test(epoch) ? version : `${epoch}:${version}`;
  return withoutZeroEpoch(whole);
}

/** An epoch of 0 is not written. */
export function withoutZeroEpoch(version: string): string {
  return version.replace(/^0+:/, '');
}

const SOURCE_RPM = /\.(?:no)?src\.rpm$/;

/** Syft's `upstream`: a name, `name@version`, or the file name of a source rpm, which has its binaries' epoch. */
function upstreamOf({ qualifiers }: PackageUrl, version: string): SourcePackage | undefined {
  const upstream = qualifiers?.['upstream'];
  if (!upstream) return undefined;
  if (SOURCE_RPM.test(upstream)) return sourceOfRpm(upstream, version);
  const at = upstream.lastIndexOf('@');
  return at > 0
    ? { name: upstream.slice(0, at), version: withoutZeroEpoch(upstream.slice(at + 1)) }
    : { name: upstream, version };
}

/** `openssl-3.0.1-43.el9.src.rpm`, for a package of version `1:3.0.1-43.el9`. */
export function sourceOfRpm(file: string, version: string): SourcePackage | undefined {
  const parts = file.replace(SOURCE_RPM, '').split('-');
  const name = parts.slice(0, -2).join('-');
  if (name === '') return undefined;
  const epoch = /^\d+:/.exec(version)?.[0] ?? '';
  return { name, version: `${epoch}${parts.slice(-2).join('-')}` };
}
