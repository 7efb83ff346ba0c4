import { createHash } from 'node:crypto';
import { packageUrl } from '../codec/purl.ts';
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
 * `name@version`; of rpm packages `name@version-release.architecture` without the epoch, of Bottlerocket's the
 * version alone.
 */
export function packageId(pkg: Package): string {
  const { version, release } = versionParts(pkg.type, pkg.version);
  if (pkg.type === 'bottlerocket') return `${pkg.name}@${version}`;
  if (pkg.type !== 'rpm') return `${pkg.name}@${pkg.version}`;
  return `${pkg.name}@${version}${release ? `-${release}` : ''}${pkg.architecture ? `.${pkg.architecture}` : ''}`;
}

const NAMESPACES: Readonly<Record<string, string>> = { sles: 'suse', slem: 'suse' };

/**
 * Bottlerocket's has neither namespace nor release, as other scanners write it.
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst: apk, deb, rpm
 */
export function packageUrlOf(pkg: Package, os: OperatingSystem | undefined): string {
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
  return NAMESPACES[family] ?? (family.startsWith('opensuse') ? 'opensuse' : family);
}

/** Tells packages of one report apart; the same for the same package of the same image. 16 hex digits. */
export function packageUid(pkg: Package): string {
  const parts = [pkg.type, pkg.name, pkg.version, pkg.architecture ?? '', ...pkg.paths];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
