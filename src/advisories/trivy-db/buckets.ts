/**
 * Top buckets of an ecosystem, by its name before the first colon. `release` is what follows it.
 * @see https://github.com/aquasecurity/trivy-db, pkg/vulnsrc
 */
const BUCKETS: ReadonlyMap<string, (release: string) => readonly string[]> = new Map<
  string,
  (release: string) => readonly string[]
>([
  ['Alpine', (release) => [`alpine ${release.replace(/^v/, '')}`]],
  ['Debian', (release) => [`debian ${release}`]],
  ['Ubuntu', (release) => [`ubuntu ${release.replace(/:ESM$/, '-ESM')}`]],
  ['Red Hat', () => ['Red Hat']],
  ['Oracle Linux', (release) => [`Oracle Linux ${release}`]],
  ['AlmaLinux', (release) => [`alma ${release}`]],
  ['Rocky Linux', (release) => [`rocky ${release}`]],
  ['Amazon Linux', (release) => [`amazon linux ${release}`]],
  ['SUSE', (release) => [`SUSE ${release}`]],
  ['openSUSE', (release) => [`openSUSE ${release}`]],
  ['Photon OS', (release) => [`Photon OS ${release}`]],
  ['Azure Linux', (release) => [`Azure Linux ${release}`]],
  ['CBL-Mariner', (release) => [`CBL-Mariner ${release}`]],
  ['Wolfi', () => ['wolfi']],
  ['Chainguard', () => ['chainguard']],
  ['MinimOS', () => ['minimos']],
  ['Echo', () => ['echo']],
  ['Bottlerocket', () => ['bottlerocket']],
  ['Root', (release) => [`root.io ${release.replace(':', ' ').toLowerCase()}`]],
  ['Seal', sealBuckets],
]);

/** Names of the top buckets that hold an ecosystem's advisories; where several do, a later one counts more. */
export function bucketsOf(ecosystem: string): readonly string[] {
  const colon = ecosystem.indexOf(':');
  const kind = colon < 0 ? ecosystem : ecosystem.slice(0, colon);
  const release = colon < 0 ? '' : ecosystem.slice(colon + 1);
  return BUCKETS.get(kind)?.(release) ?? [];
}

/** `Red Hat:8` → with and without the release, as Seal's feed has had both; its other two have none. */
function sealBuckets(base: string): readonly string[] {
  const [name = '', release] = base.split(':');
  const bucket = `seal ${name === 'Red Hat' ? name : name.toLowerCase()}`;
  return release === undefined ? [bucket] : [bucket, `${bucket} ${release}`];
}

/** What the names of an ecosystem's top buckets begin with; each source has one of its own. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['Bitnami', 'bitnami::'],
  ['CocoaPods', 'cocoapods::'],
  ['ConanCenter', 'conan::'],
  ['crates.io', 'cargo::'],
  ['Go', 'go::'],
  ['Hex', 'erlang::'],
  ['Julia', 'julia::'],
  ['Kubernetes', 'k8s::'],
  ['Maven', 'maven::'],
  ['npm', 'npm::'],
  ['NuGet', 'nuget::'],
  ['Packagist', 'composer::'],
  ['Pub', 'pub::'],
  ['PyPI', 'pip::'],
  ['RubyGems', 'rubygems::'],
  ['SwiftURL', 'swift::'],
]);

/** Of a language's ecosystem; undefined for a distribution's. */
export function bucketPrefixOf(ecosystem: string): string | undefined {
  return PREFIXES.get(ecosystem);
}
