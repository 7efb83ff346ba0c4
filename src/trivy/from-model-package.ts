import type { Package as ModelPackage } from '../model/package.ts';
import { LocationSchema, PackageRepositorySchema, PackageSchema, type Package } from './messages/common.ts';
import { RELATIONSHIPS } from './package-json.ts';
import { newMessage } from './wire.ts';

/** A package as Trivy's analyzers tell of it, in parts. Its layer is that of the blob it lies in. */
export function fromModelPackage(pkg: ModelPackage): Package {
  return pkg.application === undefined ? systemPackage(pkg) : applicationPackage(pkg);
}

function systemPackage(pkg: ModelPackage): Package {
  const own = versionParts(pkg.type, pkg.version);
  const source = pkg.source ?? pkg;
  const from = versionParts(pkg.type, source.version);
  return newMessage(PackageSchema, {
    ...shared(pkg),
    version: own.version,
    release: own.release,
    epoch: own.epoch,
    arch: pkg.architecture ?? '',
    srcName: source.name,
    srcVersion: from.version,
    srcRelease: from.release,
    srcEpoch: from.epoch,
    maintainer: pkg.maintainer ?? '',
    repository: newMessage(PackageRepositorySchema, { class: pkg.thirdParty ? 'third-party' : 'official' }),
  });
}

function applicationPackage(pkg: ModelPackage): Package {
  const relationship = Object.values(RELATIONSHIPS).indexOf(pkg.relationship ?? 'unknown');
  return newMessage(PackageSchema, {
    ...shared(pkg),
    version: pkg.version,
    filePath: pkg.paths[0] ?? '',
    dev: pkg.development ?? false,
    indirect: pkg.relationship === 'indirect',
    relationship,
    locations: (pkg.locations ?? []).map((location) => newMessage(LocationSchema, location)),
  });
}

function shared(pkg: ModelPackage) {
  return {
    id: wirePackageId(pkg),
    name: pkg.name,
    licenses: [...pkg.licenses],
    dependsOn: [...(pkg.dependsOn ?? [])],
    digest: pkg.archiveDigest ?? '',
  };
}

/** `name@version`; of rpm packages without the epoch and with the architecture. */
export function wirePackageId(pkg: ModelPackage): string {
  if (pkg.type !== 'rpm') return pkg.version === '' ? pkg.name : `${pkg.name}@${pkg.version}`;
  const { version, release } = versionParts(pkg.type, pkg.version);
  const full = release === '' ? version : `${version}-${release}`;
  return `${pkg.name}@${full}${pkg.architecture ? `.${pkg.architecture}` : ''}`;
}

interface VersionParts {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

function versionParts(type: ModelPackage['type'], full: string): VersionParts {
  if (type === 'apk') return { epoch: 0, version: full, release: '' };
  const colon = /^\d{1,9}:/.exec(full)?.[0] ?? '';
  const rest = full.slice(colon.length);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon === '' ? 0 : Number(colon.slice(0, -1)),
    version: hyphen < 0 ? rest : rest.slice(0, hyphen),
    release: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
}
