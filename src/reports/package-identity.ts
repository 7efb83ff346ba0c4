import { createHash } from 'node:crypto';
import { packageUrl, type PackageUrl } from '../codec/purl.ts';
import type { OperatingSystem } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';

/** A version as reports show it: in parts. */
export interface VersionParts {
  readonly epoch: number;
  readonly version: string;
  readonly release?: string;
}

/** deb and rpm write `[epoch:]version[-release]`; an apk version is one piece. */
export function versionParts(type: Package['type'], full: string): VersionParts {
  if (type === 'apk') return { epoch: 0, version: full };
  const colon = /^\d+:/.exec(full)?.[0] ?? '';
  const rest = full.slice(colon.length);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon === '' ? 0 : Number(colon.slice(0, -1)),
    version: hyphen < 0 ? rest : rest.slice(0, hyphen),
    ...(hyphen >= 0 && { release: rest.slice(hyphen + 1) }),
  };
}

/**
 * `name@version`, or the name where no version is known; of rpm packages `name@version-release.architecture` without
 * the epoch, of Bottlerocket's the version alone.
 */
export function packageId(pkg: Package): string {
  const { version, release } = versionParts(pkg.type, pkg.version);
  if (pkg.type === 'bottlerocket') return `${pkg.name}@${version}`;
  if (pkg.type !== 'rpm') return pkg.version === '' ? pkg.name : `${pkg.name}@${pkg.version}`;
  return `${pkg.name}@${version}${release ? `-${release}` : ''}${pkg.architecture ? `.${pkg.architecture}` : ''}`;
}

/** @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst */
export function packageUrlOf(pkg: Package, os: OperatingSystem | undefined): string {
  return isOfSystem(pkg) ? systemUrl(pkg, os) : packageUrl(languageUrl(pkg));
}

function isOfSystem({ type }: Package): boolean {
  return type === 'apk' || type === 'deb' || type === 'rpm' || type === 'bottlerocket';
}

const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['sles', 'suse'],
  ['slem', 'suse'],
]);

/** Bottlerocket's has neither namespace nor release, as other scanners write it. */
function systemUrl(pkg: Package, os: OperatingSystem | undefined): string {
  const { epoch, version, release } = versionParts(pkg.type, pkg.version);
  const isBottlerocket = pkg.type === 'bottlerocket';
  const namespace = isBottlerocket ? undefined : namespaceOf(os?.family);
  const distro = os && (pkg.type === 'apk' ? os.version : `${os.family}-${os.version}`);
  return packageUrl({
    type: pkg.type,
    ...(namespace && { namespace }),
    name: pkg.name,
    version: release === undefined || isBottlerocket ? version : `${version}-${release}`,
    qualifiers: {
      arch: pkg.architecture,
      distro,
      epoch: epoch > 0 ? String(epoch) : undefined,
      modularitylabel: pkg.modularityLabel,
    },
  });
}

function namespaceOf(family: string | undefined): string | undefined {
  if (family === undefined) return undefined;
  return NAMESPACES.get(family) ?? (family.startsWith('opensuse') ? 'opensuse' : family);
}

/** Their names are not told apart by case, so that a URL has the lower one. */
const LOWER_CASE: ReadonlySet<string> = new Set<Package['type']>([
  ...(['bitnami', 'composer', 'golang', 'hex', 'npm', 'pub', 'pypi'] as const),
]);

/** Their names hold a namespace before the last slash. */
const WITH_NAMESPACE: ReadonlySet<Package['type']> = new Set<Package['type']>([
  ...(['composer', 'golang', 'hex', 'npm', 'swift'] as const),
]);

/** A name as URLs of its type write it. */
export function nameInUrl(type: string, name: string): string {
  const written = LOWER_CASE.has(type) ? name.toLowerCase() : name;
  return type === 'pypi' ? written.replace(/_/g, '-') : written;
}

function languageUrl({ type, name: given, version, architecture }: Package): PackageUrl {
  const name = nameInUrl(type, given);
  const more = {
    ...(version !== '' && { version }),
    ...(architecture && { qualifiers: { arch: architecture } }),
  };
  if (type === 'maven') return { type, ...splitAt(name, name.indexOf(':')), ...more };
  if (type === 'cocoapods') {
    const { namespace: pod = name, name: subspec } = splitAt(name, name.indexOf('/'));
    return { type, name: pod, ...(pod !== name && { subpath: subspec }), ...more };
  }
  return { type, ...(WITH_NAMESPACE.has(type) ? splitAt(name, name.lastIndexOf('/')) : { name }), ...more };
}

function splitAt(text: string, at: number): { readonly namespace?: string; readonly name: string } {
  const isWithin = at > 0 && at < text.length - 1;
  return isWithin ? { namespace: text.slice(0, at), name: text.slice(at + 1) } : { name: text };
}

/** Tells packages of one report apart; the same for the same package of the same image. 16 hex digits. */
export function packageUid(pkg: Package): string {
  const parts = [pkg.type, pkg.name, pkg.version, pkg.architecture ?? '', ...pkg.paths];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
