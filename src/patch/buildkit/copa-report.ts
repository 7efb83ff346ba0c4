import type { NamedUpdate } from '../../model/patch.ts';
import type { Platform } from '../../model/image.ts';
import { DrydockError } from '../../base/errors.ts';
import type { OsRelease } from '../sources/default-sources.ts';

/** What the engine is to be told of one platform. */
export interface CopaInput {
  readonly platform: Platform;
  /** `debian`, `alpine`, …, and the release as its os-release says. */
  readonly os: { readonly family: string; readonly version: string };
  readonly updates: readonly Pick<NamedUpdate, 'name' | 'from' | 'to' | 'fixes'>[];
}

/** Names that the engine has for distributions, by the id of os-release. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ...['debian', 'ubuntu', 'alpine', 'centos', 'rocky', 'azurelinux', 'sles'].map((id) => [id, id] as const),
  ['almalinux', 'alma'],
  ['amzn', 'amazon'],
  ['mariner', 'cbl-mariner'],
  ['ol', 'oracle'],
  ['opensuse-leap', 'opensuse-leap'],
  ['opensuse-tumbleweed', 'opensuse-tumbleweed'],
  ['rhel', 'redhat'],
]);

/** @throws DrydockError PATCH_UNSUPPORTED for a distribution that the engine does not know */
export function copaOs({ id, versionId }: OsRelease): CopaInput['os'] {
  const family = FAMILIES.get(id);
  if (family !== undefined) return { family, version: versionId };
  const named = id === '' ? 'the image does not say which distribution it is' : `copa does not know ${id}`;
  throw new DrydockError('PATCH_UNSUPPORTED', named);
}

/** What is installed there; undefined for a distribution that is not known. */
export function packageTypeOf({ id }: OsRelease): NamedUpdate['type'] | undefined {
  const family = FAMILIES.get(id);
  if (family === 'debian' || family === 'ubuntu') return 'deb';
  return family === 'alpine' ? 'apk' : family === undefined ? undefined : 'rpm';
}

/** A line per package and vulnerability, in the engine's own form, which leaves nothing to be guessed. */
export function copaReport({ platform, os, updates }: CopaInput): object {
  if (os.version === '') {
    throw new DrydockError('PATCH_UNSUPPORTED', `the release of ${os.family} in the image is not known`);
  }
  const lines = updates.flatMap(({ name, from, to, fixes }) =>
    (fixes.length > 0 ? fixes : ['']).map((vulnerabilityID) => ({
      name,
      installedVersion: from,
      fixedVersion: to,
      vulnerabilityID,
    })),
  );
  const { architecture: arch } = platform;
  const variant = variantOf(platform);
  const metadata = { os: { type: os.family, version: os.version }, config: { arch } };
  if (variant === undefined) return { apiVersion: 'v1alpha1', metadata, updates: lines };
  // Only the later form tells variants apart, and not every version of the engine reads it.
  return {
    apiVersion: 'v1alpha2',
    metadata: { ...metadata, config: { arch, variant } },
    osupdates: lines.map((line) => ({ ...line, type: os.family, class: 'os-pkgs' })),
    langupdates: [],
  };
}

/** To the engine, arm64 is v8 and says so nowhere. */
function variantOf({ architecture, variant }: Platform): string | undefined {
  return architecture === 'arm64' && variant === 'v8' ? undefined : variant;
}

/** `linux-arm64-v8.json`: one file per platform. */
export function reportFileName({ os, architecture, variant }: Platform): string {
  const words = [os, architecture, variant].filter((word) => word !== undefined);
  return `${words.map((word) => word.replace(/[^A-Za-z0-9._]/g, '_')).join('-')}.json`;
}
