import type { OsClue } from '../../model/analysis.ts';
import { eachFile, type Analyzer, type FileResult, type LayerFile } from '../analyzer.ts';
import {
  parseAlpineRelease,
  parseDebianVersion,
  parseLsbRelease,
  parseOsRelease,
  parseProductRelease,
} from './parse-release.ts';
import { parseRepositories } from './parse-repositories.ts';
import { parseUbuntuPro } from './parse-ubuntu-pro.ts';

const BOTTLEROCKET_ROOTS = ['aarch64', 'x86_64'].map((cpu) => `${cpu}-bottlerocket-linux-gnu/sys-root`);

/** Base names of files that tell the operating system by themselves. */
const RELEASE_FILES: ReadonlyMap<string, (text: string) => OsClue | undefined> = new Map([
  ['os-release', parseOsRelease],
  ['lsb-release', parseLsbRelease],
  ['alpine-release', parseAlpineRelease],
  ['debian_version', parseDebianVersion],
  ['almalinux-release', parseProductRelease],
  ['centos-release', parseProductRelease],
  ['fedora-release', parseProductRelease],
  ['oracle-release', parseProductRelease],
  ['redhat-release', parseProductRelease],
  ['rocky-release', parseProductRelease],
  ['system-release', parseProductRelease],
]);

const REPOSITORIES = 'etc/apk/repositories';
const UBUNTU_PRO = 'var/lib/ubuntu-advantage/status.json';

const PLACES: ReadonlySet<string> = new Set([
  ...[...RELEASE_FILES.keys()].map((name) => `etc/${name}`),
  ...['usr/lib/os-release', 'usr/lib/system-release', 'usr/lib/fedora-release'],
  ...BOTTLEROCKET_ROOTS.flatMap((root) => [`${root}/etc/os-release`, `${root}/usr/lib/os-release`]),
  ...[REPOSITORIES, UBUNTU_PRO],
]);

/** Release files, whoever's they are; {@link resolveOperatingSystem} weighs what they say. */
const osRelease: Analyzer = {
  id: 'os-release',
  reads: 'etc/os-release and other release files',
  version: 1,
  maxFileBytes: 1 << 20,
  wants: (file) => PLACES.has(file.path),
  linkedNames: [...RELEASE_FILES.keys()],
  usualPlaces: [...PLACES],
  begin: eachFile(readReleaseFile),
};

function readReleaseFile(file: LayerFile): FileResult | undefined {
  const text = new TextDecoder().decode(file.content);
  if (file.path === UBUNTU_PRO) return parseUbuntuPro(text);
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const os = file.path === REPOSITORIES ? parseRepositories(text) : RELEASE_FILES.get(name)?.(text);
  if (os) return { os };
  const isSilent = name !== 'os-release' || !PLACES.has(file.path) || text.trim() === '';
  if (isSilent) return undefined;
  const message = 'the file names no operating system';
  return { diagnostics: [{ code: 'OS_RELEASE_UNREADABLE', message }] };
}

/** Analyzers that tell which operating system an image holds. */
export const osAnalyzers: readonly Analyzer[] = [osRelease];
