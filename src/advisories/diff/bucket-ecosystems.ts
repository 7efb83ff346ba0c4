/** What the names of a distribution's buckets begin with, and the ecosystems that are looked up there. */
const BY_PREFIX: readonly (readonly [prefix: string, ecosystems: (release: string) => readonly string[]])[] =
  [
    ['alpine ', (release) => [`Alpine:v${release}`, `Alpine:${release}`]],
    ['debian ', (release) => [`Debian:${release}`]],
    ['ubuntu ', (release) => [`Ubuntu:${release}`, `Ubuntu:${release.replace(/-ESM$/, ':ESM')}`]],
    ['Oracle Linux ', (release) => [`Oracle Linux:${release}`]],
    ['alma ', (release) => [`AlmaLinux:${release}`]],
    ['rocky ', (release) => [`Rocky Linux:${release}`]],
    ['amazon linux ', (release) => [`Amazon Linux:${release}`]],
    ['SUSE ', (release) => [`SUSE:${release}`]],
    ['openSUSE ', (release) => [`openSUSE:${release}`]],
    ['Photon OS ', (release) => [`Photon OS:${release}`]],
    ['Azure Linux ', (release) => [`Azure Linux:${release}`]],
    ['CBL-Mariner ', (release) => [`CBL-Mariner:${release}`]],
    ['root.io ', rootEcosystems],
    ['seal Red Hat ', (release) => [`Seal:Red Hat:${release}`]],
    ['seal ', (name) => [`Seal:${capital(name)}`]],
    ['bitnami::', () => ['Bitnami']],
    ['cocoapods::', () => ['CocoaPods']],
    ['conan::', () => ['ConanCenter']],
    ['cargo::', () => ['crates.io']],
    ['go::', () => ['Go']],
    ['erlang::', () => ['Hex']],
    ['julia::', () => ['Julia']],
    ['k8s::', () => ['Kubernetes']],
    ['maven::', () => ['Maven']],
    ['npm::', () => ['npm']],
    ['nuget::', () => ['NuGet']],
    ['composer::', () => ['Packagist']],
    ['pub::', () => ['Pub']],
    ['pip::', () => ['PyPI']],
    ['rubygems::', () => ['RubyGems']],
    ['swift::', () => ['SwiftURL']],
  ];

const WHOLE: ReadonlyMap<string, string> = new Map([
  ['Red Hat', 'Red Hat'],
  ['seal Red Hat', 'Seal:Red Hat'],
  ['wolfi', 'Wolfi'],
  ['chainguard', 'Chainguard'],
  ['minimos', 'MinimOS'],
  ['echo', 'Echo'],
  ['bottlerocket', 'Bottlerocket'],
]);

/**
 * The ecosystems whose advisories lie in a top bucket, as look-ups spell them: the other way round of `bucketsOf`.
 * What is one list for all releases is told by its wide name ({@link wideEcosystem}). None for a bucket that nobody
 * looks into.
 */
export function ecosystemsIn(bucket: string): readonly string[] {
  const whole = WHOLE.get(bucket);
  if (whole !== undefined) return [whole];
  const found = BY_PREFIX.find(([prefix]) => bucket.startsWith(prefix));
  return found ? [...new Set(found[1](bucket.slice(found[0].length)))] : [];
}

/** `Red Hat:8` → `Red Hat`: where advisories of all releases are one list, a change in it is of them all. */
export function wideEcosystem(ecosystem: string): string | undefined {
  return ['Red Hat', 'Seal:Red Hat'].find((wide) => ecosystem === wide || ecosystem.startsWith(`${wide}:`));
}

function rootEcosystems(release: string): readonly string[] {
  const space = release.indexOf(' ');
  return space < 0 ? [] : [`Root:${capital(release.slice(0, space))}:${release.slice(space + 1)}`];
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
