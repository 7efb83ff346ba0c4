import type { Platform } from '../../model/image.ts';
import type { InstalledPackage } from './installed.ts';

/** Where Debian's words are not those of images. */
const DEBIAN_NAMES: ReadonlyMap<string, string> = new Map([
  ['386', 'i386'],
  ['arm/v5', 'armel'],
  ['arm/v6', 'armel'],
  ['arm', 'armhf'],
  ['arm/v7', 'armhf'],
  ['ppc64le', 'ppc64el'],
  ['mips64le', 'mips64el'],
  ['mipsle', 'mipsel'],
  ['loong64', 'loong64'],
]);

/** The architectures of installed packages, the image's own first: that of dpkg, which is what counts as native. */
export function architecturesOf(
  packages: readonly InstalledPackage[],
  { architecture, variant }: Platform,
): readonly string[] {
  const present = packages.map((pkg) => pkg.architecture).filter((name) => name !== 'all');
  const platform = variant === undefined ? architecture : `${architecture}/${variant}`;
  const native =
    systemArchitecture(packages) ??
    DEBIAN_NAMES.get(platform) ??
    DEBIAN_NAMES.get(architecture) ??
    architecture;
  return [...new Set([native, ...present.sort()])];
}

/** That of dpkg itself, or of the C library. */
export function systemArchitecture(
  packages: readonly Pick<InstalledPackage, 'name' | 'architecture'>[],
): string | undefined {
  return packages.find(({ name, architecture }) => ['dpkg', 'libc6'].includes(name) && architecture !== 'all')
    ?.architecture;
}
