/** Ecosystems whose names are the same here as in records, and have no releases. */
const PLAIN: ReadonlySet<string> = new Set([
  'Bitnami',
  'Chainguard',
  'CocoaPods',
  'ConanCenter',
  'crates.io',
  'Echo',
  'Go',
  'Hex',
  'Julia',
  'Maven',
  'MinimOS',
  'npm',
  'NuGet',
  'Packagist',
  'Pub',
  'PyPI',
  'RubyGems',
  'SwiftURL',
  'Wolfi',
]);

/** Records may name another place of publication behind these; names are the same there. */
const WITH_PLACE: ReadonlySet<string> = new Set(['Maven', 'Packagist']);

/** Distributions by what stands before the first colon; of the release it is said how we write the whole. */
const RELEASED: ReadonlyMap<string, (release: string) => string | undefined> = new Map<
  string,
  (release: string) => string | undefined
>([
  ['AlmaLinux', (release) => `AlmaLinux:${majorOf(release)}`],
  [
    'Alpine',
    (release) => `Alpine:${release === 'edge' || release.startsWith('v') ? release : `v${release}`}`,
  ],
  ['Azure Linux', azureLinux],
  ['Debian', (release) => (/^[0-9]+$/.test(release) ? `Debian:${release}` : undefined)],
  ['openSUSE', (release) => `openSUSE:${release}`],
  ['Photon OS', (release) => `Photon OS:${release}`],
  ['Red Hat', redHat],
  ['Rocky Linux', (release) => `Rocky Linux:${majorOf(release)}`],
  ['Root', (release) => (/^(?:Alpine|Debian|Ubuntu):/.test(release) ? `Root:${release}` : undefined)],
  ['SUSE', suse],
  ['Ubuntu', ubuntu],
]);

/** Of the ecosystems with releases it is told which are published as one file. */
export const ECOSYSTEMS: readonly string[] = [...PLAIN, ...RELEASED.keys()].toSorted();

/**
 * What we call an ecosystem of a record: `Ubuntu:22.04` for `Ubuntu:22.04:LTS`. Undefined for those whose packages
 * nobody here finds, and for releases that are another product (`Ubuntu:Pro:FIPS:22.04:LTS`).
 */
export function toEcosystem(name: string): string | undefined {
  if (name.length > 200) return undefined;
  const colon = name.indexOf(':');
  if (colon < 0) return PLAIN.has(name) ? name : undefined;
  const family = name.slice(0, colon);
  if (WITH_PLACE.has(family)) return family;
  return RELEASED.get(family)?.(name.slice(colon + 1));
}

/** Where advisories of an ecosystem are looked for; what the first says of a vulnerability counts. */
export function lookedUpIn(ecosystem: string): readonly string[] {
  // Extended maintenance goes on from what the ordinary one had fixed.
  return ecosystem.startsWith('Ubuntu:') && ecosystem.endsWith(':ESM')
    ? [ecosystem, ecosystem.slice(0, -':ESM'.length)]
    : [ecosystem];
}

/** True where records are about packages of operating systems. */
export function isDistribution(ecosystem: string): boolean {
  return ecosystem.includes(':') || ['Chainguard', 'Echo', 'MinimOS', 'Wolfi'].includes(ecosystem);
}

/** True where versions of a module's stream must not be compared with others. */
export function hasModules(ecosystem: string): boolean {
  return /^(?:AlmaLinux|Red Hat|Rocky Linux):/.test(ecosystem);
}

const IN_LOWER_CASE: ReadonlySet<string> = new Set([
  'Bitnami',
  'ConanCenter',
  'crates.io',
  'Hex',
  'npm',
  'NuGet',
  'Packagist',
  'Pub',
  'RubyGems',
]);

/** The name of a package as keys have it: whatever is the same package to its ecosystem has one name. */
export function normalName(ecosystem: string, name: string): string {
  if (IN_LOWER_CASE.has(ecosystem)) return name.toLowerCase();
  if (ecosystem === 'PyPI') return name.toLowerCase().replace(/[-_.]+/g, '-');
  if (ecosystem === 'SwiftURL') return placeOf(name.toLowerCase());
  return name;
}

/** `github.com/apple/swift-nio` of `https://github.com/apple/swift-nio.git` */
function placeOf(url: string): string {
  const place = url.startsWith('https://') ? url.slice('https://'.length) : url;
  return place.endsWith('.git') ? place.slice(0, -'.git'.length) : place;
}

function majorOf(release: string): string {
  return release.split('.', 1)[0] ?? '';
}

function azureLinux(release: string): string {
  const full = release.includes('.') ? release : `${release}.0`;
  return full === '1.0' || full === '2.0' ? `CBL-Mariner:${full}` : `Azure Linux:${full}`;
}

/** `enterprise_linux:9::baseos`; extended updates and layered products have versions of their own. */
function redHat(product: string): string | undefined {
  const match = /^enterprise_linux:([0-9]+)(?:\.[0-9]+)?(?::|$)/.exec(product);
  return match ? `Red Hat:${match[1] ?? ''}` : undefined;
}

/** `22.04:LTS`, `23.10`, `Pro:18.04:LTS`. */
function ubuntu(release: string): string | undefined {
  const match = /^(Pro:)?([0-9]{2}\.[0-9]{2})(?::LTS)?$/.exec(release);
  if (!match) return undefined;
  return `Ubuntu:${match[2] ?? ''}${match[1] === undefined ? '' : ':ESM'}`;
}

/** Products and modules of the enterprise distribution share their packages: `Linux Enterprise Server 15 SP5`. */
function suse(product: string): string | undefined {
  const words = product.replace(/-(?:LTSS|ESPOS|TERADATA)$/i, '').split(' ');
  if (words[0] !== 'Linux' || words[1] !== 'Enterprise') return undefined;
  const pack = /^SP([0-9]+)$/.exec(words.at(-1) ?? '')?.[1];
  const major = words.at(pack === undefined ? -1 : -2) ?? '';
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(major)) return undefined;
  const version = pack === undefined ? major : `${major}.${pack}`;
  return words[2] === 'Micro' ? `SUSE:Linux Enterprise Micro ${version}` : `SUSE:Linux Enterprise ${version}`;
}
