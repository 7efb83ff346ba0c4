import type { ApplicationType, PackageType } from '../model/package.ts';

/** What kinds of packages the kinds of applications hold that Trivy knows too. */
const PACKAGE_TYPES: Readonly<Partial<Record<ApplicationType, PackageType>>> = {
  bitnami: 'bitnami',
  bun: 'npm',
  bundler: 'gem',
  cargo: 'cargo',
  cocoapods: 'cocoapods',
  composer: 'composer',
  'composer-vendor': 'composer',
  conan: 'conan',
  'conda-environment': 'conda',
  'conda-pkg': 'conda',
  'dotnet-core': 'nuget',
  gemspec: 'gem',
  gobinary: 'golang',
  gomod: 'golang',
  gradle: 'maven',
  hex: 'hex',
  jar: 'maven',
  julia: 'julia',
  'node-pkg': 'npm',
  npm: 'npm',
  nuget: 'nuget',
  'packages-props': 'nuget',
  pdm: 'pypi',
  pip: 'pypi',
  pipenv: 'pypi',
  pnpm: 'npm',
  poetry: 'pypi',
  pom: 'maven',
  pub: 'pub',
  pylock: 'pypi',
  'python-pkg': 'pypi',
  rustbinary: 'cargo',
  sbom: 'generic',
  sbt: 'maven',
  swift: 'swift',
  uv: 'pypi',
  wordpress: 'wordpress',
  yarn: 'npm',
};

/** Undefined for kinds that are not known here. */
export function packageTypeOf(application: string): PackageType | undefined {
  return isApplicationType(application) ? PACKAGE_TYPES[application] : undefined;
}

export function isApplicationType(type: string): type is ApplicationType {
  return Object.hasOwn(PACKAGE_TYPES, type);
}

const SYSTEM_TYPES: readonly (readonly [type: PackageType, families: readonly string[]])[] = [
  ['apk', ['alpine', 'wolfi', 'chainguard', 'minimos']],
  ['deb', ['debian', 'ubuntu', 'echo']],
  ['bottlerocket', ['bottlerocket']],
  [
    'rpm',
    [
      ...['alma', 'amazon', 'azurelinux', 'cbl-mariner', 'centos', 'centos-stream', 'fedora', 'opensuse'],
      ...['opensuse-leap', 'opensuse-tumbleweed', 'opensuse.leap', 'opensuse.tumbleweed', 'oracle', 'photon'],
      ...['redhat', 'rocky', 'slem', 'sles', 'suse linux enterprise server'],
    ],
  ],
];

/** What a family's own packages are; undefined for families that are not known here. */
export function systemTypeOf(family: string): PackageType | undefined {
  return SYSTEM_TYPES.find(([, families]) => families.includes(family.toLowerCase()))?.[0];
}

/** Results of applications whose packages are files of their own. */
export const AGGREGATED_TARGETS: ReadonlyMap<string, string> = new Map([
  ['conda-pkg', 'Conda'],
  ['gemspec', 'Ruby'],
  ['jar', 'Java'],
  ['kubernetes', 'Kubernetes'],
  ['node-pkg', 'Node.js'],
  ['python-pkg', 'Python'],
]);
