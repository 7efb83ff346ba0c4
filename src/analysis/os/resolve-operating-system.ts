import type { OperatingSystem, OsClue } from '../../model/analysis.ts';
import { debianRelease } from './families.ts';

interface PlacedClue {
  readonly path: string;
  readonly clue: OsClue;
}

/**
 * What release files say of the family, most telling first. Files that are not named say nothing of it.
 * Within a name, `etc/` comes before `usr/lib/` as it does for os-release(5).
 */
const FAMILY_ORDER: readonly string[] = [
  'os-release',
  'lsb-release',
  'almalinux-release',
  'rocky-release',
  'oracle-release',
  'centos-release',
  'fedora-release',
  'system-release',
  'alpine-release',
  'redhat-release',
  'debian_version',
];

/** Many systems keep the files of these two, whose descendants they are. */
const ANCESTORS: ReadonlySet<string> = new Set(['debian', 'redhat']);

/**
 * The operating system that release files agree on; undefined when none names one. The answer does not depend on the
 * order of the clues.
 *
 * Family: os-release decides, except that Debian and Red Hat give way to any other system that a file names.
 * Version: that of the system's own file where there is one (`12.4` of debian_version), else that of os-release.
 */
export function resolveOperatingSystem(clues: readonly PlacedClue[]): OperatingSystem | undefined {
  const sorted = clues.toSorted((a, b) => rank(a.path) - rank(b.path) || byText(keyOf(a), keyOf(b)));
  const families = sorted.flatMap(({ clue }) => clue.family ?? []);
  const [first] = families;
  if (first === undefined) return undefined;
  const family = ANCESTORS.has(first) ? (families.find((name) => !ANCESTORS.has(name)) ?? first) : first;
  const own = sorted.filter(({ clue }) => clue.family === family);
  const version = versionOf(family, own);
  const prettyName = own.find(({ clue }) => clue.prettyName !== undefined)?.clue.prettyName;
  const repositoryRelease = family === 'alpine' ? otherRelease(sorted, version) : undefined;
  return {
    family,
    version,
    ...(prettyName !== undefined && { prettyName }),
    ...(family === 'ubuntu' && sorted.some(({ clue }) => clue.extendedSupport) && { extendedSupport: true }),
    ...(repositoryRelease !== undefined && { repositoryRelease }),
  };
}

function keyOf({ path, clue }: PlacedClue): string {
  return `${path}\0${clue.family}\0${clue.version}\0${clue.prettyName}\0${clue.repositoryRelease}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(path: string): number {
  const index = FAMILY_ORDER.indexOf(baseName(path));
  return index < 0 ? FAMILY_ORDER.length : index;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Empty when no file tells it, as with rolling releases. */
function versionOf(family: string, own: readonly PlacedClue[]): string {
  const general = own.filter(({ path }) => baseName(path) === 'os-release');
  const specific = own.filter((clue) => !general.includes(clue));
  const versions = [...specific, ...general].flatMap(({ clue }) => clue.version ?? []);
  return (family === 'debian' ? debianVersion(versions) : undefined) ?? versions[0] ?? '';
}

/** A number wins over the names that testing and unstable have; of those, one that stands for a number. */
function debianVersion(versions: readonly string[]): string | undefined {
  return versions.find((version) => /^[0-9]/.test(version)) ?? versions.map(debianRelease).find(Boolean);
}

/** The repositories' release where it is not the installed one: then packages come from there. */
function otherRelease(clues: readonly PlacedClue[], version: string): string | undefined {
  const release = clues.find(({ clue }) => clue.repositoryRelease !== undefined)?.clue.repositoryRelease;
  const installed = version.split('.', 2).join('.');
  return release === installed ? undefined : release;
}
