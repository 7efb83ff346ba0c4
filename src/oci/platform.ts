import { endianness } from 'node:os';
import { DrydockError } from '../base/errors.ts';
import type { Platform } from '../model/image.ts';
import { quoted } from './quoted.ts';

/** `os/architecture[/variant]`; the system may carry a version in brackets, as in `windows(10.0.20348)/amd64`. */
const PART = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const OS_WITH_VERSION = /^([^()]*)\(([0-9a-z._-]{1,64})\)$/;

const ARCHITECTURE_ALIASES: ReadonlyMap<string, { architecture: string; variant?: string }> = new Map([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['i386', { architecture: '386' }],
  ['i486', { architecture: '386' }],
  ['i586', { architecture: '386' }],
  ['i686', { architecture: '386' }],
  ['aarch64', { architecture: 'arm64' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
]);

const KNOWN_ARCHITECTURES: ReadonlySet<string> = new Set([
  ...['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mipsle', 'mips64', 'mips64le'],
  ...['ppc64', 'ppc64le', 'riscv64', 's390x', 'wasm'],
]);

const NODE_ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
]);

/** What an image is that names no variant. */
const DEFAULT_VARIANT: ReadonlyMap<string, number> = new Map([
  ['amd64', 1],
  ['arm', 7],
  ['arm64', 8],
]);

/** Behind every variant the asked one can run. */
const NEWER_VARIANT_RANK = 1000;

/**
 * `linux/amd64`, `linux/arm/v7`, or an architecture alone, which means Linux. Common other names
 * (`x86_64`, `aarch64`, `armhf`) are understood.
 *
 * @throws DrydockError PLATFORM_INVALID
 */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().toLowerCase().split('/');
  const [first = ''] = parts;
  const isBareArchitecture = parts.length < 3 && KNOWN_ARCHITECTURES.has(toArchitecture(first).architecture);
  const [system = '', architecture = '', variant, ...rest] = isBareArchitecture ? ['linux', ...parts] : parts;
  const versioned = OS_WITH_VERSION.exec(system);
  const os = versioned?.[1] ?? system;
  const named = variant === undefined ? [os, architecture] : [os, architecture, variant];
  if (rest.length > 0 || !named.every((part) => PART.test(part))) {
    throw new DrydockError('PLATFORM_INVALID', `not a platform: ${quoted(text)}`, {
      hint: 'Write os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7.',
    });
  }
  return normalise({
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(versioned?.[2] !== undefined && { osVersion: versioned[2] }),
  });
}

/** The way {@link parsePlatform} reads it. */
export function formatPlatform({ os, architecture, variant, osVersion }: Platform): string {
  const system = osVersion === undefined ? os : `${os}(${osVersion})`;
  return [system, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** What containers on this machine run on: Linux, in a virtual machine where the system is another. */
export function hostPlatform(): Platform {
  const isLittlePower = process.arch === 'ppc64' && endianness() === 'LE';
  const architecture = isLittlePower ? 'ppc64le' : (NODE_ARCHITECTURES.get(process.arch) ?? process.arch);
  return { os: 'linux', architecture };
}

/** One spelling for each platform, in lower case. A missing variant stays missing. */
export function normalise(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const { architecture, variant: implied } = toArchitecture(platform.architecture.toLowerCase());
  const variant = toVariant(platform.variant) ?? implied;
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(platform.osVersion !== undefined && { osVersion: platform.osVersion }),
  };
}

/**
 * How well an image of platform `offered` serves one who wants `wanted`: 0 is exact, more is worse, undefined is
 * not at all. An older variant of the same architecture runs on a newer one; a newer one is taken, last, when no
 * variant was asked for.
 */
export function platformRank(wanted: Platform, offered: Platform): number | undefined {
  const [want, offer] = [normalise(wanted), normalise(offered)];
  if (want.os !== offer.os || want.architecture !== offer.architecture) return undefined;
  if (!isVersionOf(offer.osVersion, want.osVersion)) return undefined;

  const [wantNumber, offerNumber] = [variantNumber(want), variantNumber(offer)];
  if (wantNumber === undefined || offerNumber === undefined) {
    if (want.variant === offer.variant) return 0;
    return want.variant === undefined ? NEWER_VARIANT_RANK : undefined;
  }
  if (offerNumber <= wantNumber) return wantNumber - offerNumber;
  return want.variant === undefined ? NEWER_VARIANT_RANK + offerNumber : undefined;
}

/** `10.0.20348.1` is a version of `10.0.20348`. What one side does not state cannot differ. */
function isVersionOf(offered: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || offered === undefined || `${offered}.`.startsWith(`${wanted}.`);
}

function variantNumber({ architecture, variant }: Platform): number | undefined {
  if (variant === undefined) return DEFAULT_VARIANT.get(architecture);
  return /^v\d{1,3}(?:\.\d{1,3})?$/.test(variant) ? Number(variant.slice(1)) : undefined;
}

function toArchitecture(name: string): { architecture: string; variant?: string } {
  return ARCHITECTURE_ALIASES.get(name) ?? { architecture: name };
}

function toVariant(variant: string | undefined): string | undefined {
  if (variant === undefined || variant === '') return undefined;
  return /^\d/.test(variant) ? `v${variant}` : variant.toLowerCase();
}
