import type { OperatingSystem } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';
import { apk } from '../versions/apk.ts';
import { deb } from '../versions/deb.ts';
import { rpm } from '../versions/rpm.ts';
import type { AnyVersionScheme } from '../versions/scheme.ts';
import { isEndOfLife } from './end-of-life.ts';
import { amazonReleaseOf, majorOf, minorOf } from './releases.ts';

/** How a distribution's advisories are to be read. */
export interface Distro {
  /** For people. */
  readonly name: string;
  /** The OSV-like name under which the advisories of a release are kept: `Debian:12`. */
  readonly ecosystem: (os: OperatingSystem, now: Date) => string;
  readonly versions: AnyVersionScheme;
  /** Which name advisories are filed under, and which version is compared with their fixes. */
  readonly named: 'source' | 'binary';
  readonly compared: 'source' | 'binary';
  /** Names of modular packages carry their module: `nodejs:18::npm`. */
  readonly isModular?: true;
  /** An advisory without a fixed version means that every version is affected. Elsewhere it means nothing. */
  readonly reportsUnfixed?: true;
  /** Packages of others are rebuilt by the distribution too, so that its advisories do speak of them. */
  readonly coversThirdParty?: true;
  /** The source's version is shown, as that is what was compared. */
  readonly showsSource?: true;
  /** Why advisories cannot say anything of this package. */
  readonly whyNotJudged?: (pkg: Package) => string | undefined;
  /** Lines of builds whose versions must not be compared with each other. */
  readonly lineOf?: (version: string) => string;
}

const rpmByBinary = { versions: rpm as AnyVersionScheme, named: 'binary', compared: 'binary' } as const;
const apkByOrigin = { versions: apk as AnyVersionScheme, named: 'source', reportsUnfixed: true } as const;
const debBySource = {
  versions: deb as AnyVersionScheme,
  named: 'source',
  compared: 'source',
  reportsUnfixed: true,
} as const;

const redHat: Omit<Distro, 'name'> = {
  ...rpmByBinary,
  ecosystem: (os) => `Red Hat:${majorOf(os.version)}`,
  isModular: true,
  reportsUnfixed: true,
  whyNotJudged: (pkg) => (pkg.version.endsWith('.remi') ? 'is a build of the Remi repository' : undefined),
};

/** By the family's name; who is not here has no advisories in the database. */
const DISTROS: ReadonlyMap<string, Distro> = new Map<string, Distro>([
  ['alpine', { name: 'Alpine Linux', ...apkByOrigin, compared: 'source', ecosystem: alpineEcosystem }],
  ['wolfi', { name: 'Wolfi', ...apkByOrigin, compared: 'binary', ecosystem: () => 'Wolfi' }],
  [
    'chainguard',
    { name: 'Chainguard OS', ...apkByOrigin, compared: 'binary', ecosystem: () => 'Chainguard' },
  ],
  ['minimos', { name: 'MinimOS', ...apkByOrigin, compared: 'binary', ecosystem: () => 'MinimOS' }],

  ['debian', { name: 'Debian', ...debBySource, ecosystem: (os) => `Debian:${majorOf(os.version)}` }],
  ['ubuntu', { name: 'Ubuntu', ...debBySource, ecosystem: ubuntuEcosystem }],
  [
    'echo',
    { name: 'Echo', ...debBySource, coversThirdParty: true, showsSource: true, ecosystem: () => 'Echo' },
  ],

  ['redhat', { name: 'Red Hat Enterprise Linux', ...redHat }],
  ['centos', { name: 'CentOS Linux', ...redHat }],
  [
    'oracle',
    {
      name: 'Oracle Linux',
      ...rpmByBinary,
      ecosystem: (os) => `Oracle Linux:${majorOf(os.version)}`,
      lineOf: oracleLineOf,
    },
  ],
  [
    'alma',
    {
      name: 'AlmaLinux',
      ...rpmByBinary,
      ecosystem: (os) => `AlmaLinux:${majorOf(os.version)}`,
      isModular: true,
      whyNotJudged: (pkg) =>
        pkg.version.includes('.module_el') && !pkg.modularityLabel
          ? 'is of a module that it does not name'
          : undefined,
    },
  ],
  [
    'rocky',
    {
      name: 'Rocky Linux',
      ...rpmByBinary,
      isModular: true,
      ecosystem: (os) => `Rocky Linux:${majorOf(os.version)}`,
    },
  ],
  [
    'amazon',
    {
      name: 'Amazon Linux',
      ...rpmByBinary,
      ecosystem: (os) => `Amazon Linux:${amazonReleaseOf(os.version)}`,
    },
  ],
  [
    'sles',
    {
      name: 'SUSE Linux Enterprise Server',
      ...rpmByBinary,
      ecosystem: (os) => `SUSE:Linux Enterprise ${os.version}`,
    },
  ],
  [
    'slem',
    {
      name: 'SUSE Linux Micro',
      ...rpmByBinary,
      ecosystem: (os) => `SUSE:Linux Enterprise Micro ${os.version}`,
    },
  ],
  [
    'opensuse-leap',
    { name: 'openSUSE Leap', ...rpmByBinary, ecosystem: (os) => `openSUSE:Leap ${os.version}` },
  ],
  [
    'opensuse-leap-micro',
    { name: 'openSUSE Leap Micro', ...rpmByBinary, ecosystem: (os) => `openSUSE:Leap Micro ${os.version}` },
  ],
  [
    'opensuse-tumbleweed',
    { name: 'openSUSE Tumbleweed', ...rpmByBinary, ecosystem: () => 'openSUSE:Tumbleweed' },
  ],
  [
    'photon',
    {
      name: 'Photon OS',
      ...rpmByBinary,
      named: 'source',
      ecosystem: (os) => `Photon OS:${minorOf(os.version)}`,
    },
  ],
  ['azurelinux', { name: 'Azure Linux', ...azure('Azure Linux') }],
  ['cbl-mariner', { name: 'CBL-Mariner', ...azure('CBL-Mariner') }],
  ['bottlerocket', { name: 'Bottlerocket', ...rpmByBinary, ecosystem: () => 'Bottlerocket' }],
]);

/** Undefined for a distribution whose vulnerabilities the database does not tell. */
export function findDistro(family: string): Distro | undefined {
  return DISTROS.get(family);
}

/** The name under which a package's advisories are filed. */
export function advisoryNameOf(pkg: Package, distro: Pick<Distro, 'named' | 'isModular'>): string {
  const name = distro.named === 'source' ? (pkg.source?.name ?? pkg.name) : pkg.name;
  if (!distro.isModular || !pkg.modularityLabel) return name;
  const [module, stream] = pkg.modularityLabel.split(':', 2);
  return module && stream ? `${module}:${stream}::${name}` : name;
}

/** The version that is compared with fixed ones. */
export function comparedVersionOf(pkg: Package, { compared }: Pick<Distro, 'compared'>): string {
  return compared === 'source' ? (pkg.source?.version ?? pkg.version) : pkg.version;
}

/** The repositories decide where they differ from what is installed, as updates come from them. */
function alpineEcosystem({ version, repositoryRelease }: OperatingSystem): string {
  const release = minorOf((repositoryRelease ?? version).replace(/^v/, ''));
  return release === 'edge' ? 'Alpine:edge' : `Alpine:v${release}`;
}

/** Extended maintenance has advisories of its own once the ordinary one is over. */
function ubuntuEcosystem(os: OperatingSystem, now: Date): string {
  const release = minorOf(os.version);
  const { family, version } = os;
  return os.extendedSupport && isEndOfLife({ family, version }, now)
    ? `Ubuntu:${release}:ESM`
    : `Ubuntu:${release}`;
}

function azure(ecosystem: string): Omit<Distro, 'name'> {
  return {
    ...rpmByBinary,
    named: 'source',
    compared: 'source',
    reportsUnfixed: true,
    ecosystem: (os) => `${ecosystem}:${minorOf(os.version)}`,
  };
}

/** Oracle fixes its FIPS and Ksplice builds on their own. */
function oracleLineOf(version: string): string {
  const lower = version.toLowerCase();
  if (lower.endsWith('_fips')) return 'fips';
  return lower.split(/[.-]/).some((part) => part.startsWith('ksplice')) ? 'ksplice' : '';
}
