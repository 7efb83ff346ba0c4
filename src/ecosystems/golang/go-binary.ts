import type { GoBuildInfo } from '../../codec/go-buildinfo.ts';
import type { GoModule } from '../../codec/go-modules.ts';
import type { Package } from '../../model/package.ts';
import { versionOfFlags, versionOfTexts, type LinkedText } from './linked-version.ts';

/**
 * Modules in a program written in Go, with Go's own library.
 *
 * @param linkedTexts finds texts that the linker has set, where they are still named
 */
export function modulePackages(
  info: GoBuildInfo,
  path: string,
  linkedTexts: () => readonly LinkedText[],
): Package[] {
  const packages = [
    toPackage({ path: 'stdlib', version: libraryVersion(info.goVersion) }, path, 'direct'),
    ...info.dependencies.map((module) => toPackage(released(module), path)),
  ];
  if (!info.main) return packages;
  const main = { path: info.main.path, version: mainVersion(info.main, info, linkedTexts) };
  const dependsOn = packages.map(({ name, version }) => (version === '' ? name : `${name}@${version}`));
  return [...packages, { ...toPackage(main, path, 'root'), dependsOn: [...new Set(dependsOn)] }];
}

function toPackage(
  { path: name, version }: GoModule,
  path: string,
  relationship?: Package['relationship'],
): Package {
  return {
    type: 'golang',
    name,
    version,
    licenses: [],
    application: 'gobinary',
    ...(relationship && { relationship }),
    paths: [path],
  };
}

/** `go1.22.3 X:boringcrypto` → `v1.22.3`; since Go 1.26 `go1.26.0-X:boringcrypto`. */
function libraryVersion(goVersion: string): string {
  const version = goVersion.replace(/^go/, '').split(' ', 1)[0] ?? '';
  return `v${version.split('-X:', 1)[0]}`;
}

/** Built from a working copy, it has no version. */
function released({ path, version }: GoModule): GoModule {
  return { path, version: version === '(devel)' ? '' : version };
}

/** A commit between releases says less than what the makers have linked in. */
function mainVersion(
  main: GoModule,
  { settings }: GoBuildInfo,
  linkedTexts: () => readonly LinkedText[],
): string {
  const { version } = released(main);
  if (version !== '' && !version.startsWith('v0.0.0')) return version;
  return (
    versionOfFlags(main.path, settings.get('-ldflags')) ?? versionOfTexts(main.path, linkedTexts()) ?? version
  );
}
