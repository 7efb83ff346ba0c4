import { parseRpmHeader, RPM_TAG, type RpmHeader } from '../../codec/rpm-header.ts';
import type { Package } from '../../model/package.ts';
import { isThirdParty } from './third-party.ts';

/** A package and what it asks of and offers to others. */
export interface RpmEntry {
  readonly pkg: Package;
  readonly requires: readonly string[];
  readonly provides: readonly string[];
}

const MAX_TEXT_CHARS = 1024;
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

/**
 * A package as its header tells it; undefined for a header without name and version.
 * @throws CodecError when the blob is no header
 */
export function readRpmPackage(blob: Uint8Array, path: string): RpmEntry | undefined {
  const header = parseRpmHeader(blob);
  const name = textOf(header, RPM_TAG.name);
  const version = textOf(header, RPM_TAG.version);
  const release = textOf(header, RPM_TAG.release);
  if (!name || !version) return undefined;
  const epoch = header.number(RPM_TAG.epoch) ?? 0;
  const architecture = textOf(header, RPM_TAG.arch);
  const license = textOf(header, RPM_TAG.license);
  const vendor = textOf(header, RPM_TAG.vendor);
  const modularityLabel = textOf(header, RPM_TAG.modularityLabel);
  const source = sourceOf(textOf(header, RPM_TAG.sourceRpm), epoch);
  const md5 = header.bytes(RPM_TAG.sigMd5);
  return {
    pkg: {
      type: 'rpm',
      name,
      version: fullVersion(epoch, version, release),
      ...(architecture && { architecture }),
      ...(source && { source }),
      licenses: license ? [license] : [],
      ...(vendor && { maintainer: vendor }),
      ...(modularityLabel && { modularityLabel }),
      ...(md5?.length === 16 && { archiveDigest: `md5:${Buffer.from(md5).toString('hex')}` }),
      ...(isThirdParty(vendor, release) && { thirdParty: true }),
      paths: [path],
    },
    requires: header.texts(RPM_TAG.requireName),
    provides: header.texts(RPM_TAG.provideName),
  };
}

function textOf(header: RpmHeader, tag: number): string | undefined {
  const text = header.text(tag);
  // rpm writes "(none)" where a build left a field empty.
  if (text === undefined || text === '' || text === '(none)') return undefined;
  return text.slice(0, MAX_TEXT_CHARS).replace(CONTROL, '\ufffd');
}

/** `[epoch:]version[-release]`, an epoch of 0 left out. */
export function fullVersion(epoch: number, version: string, release: string | undefined): string {
  return `${epoch > 0 ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`;
}

/** From the name of the source package: `openssl-3.0.1-43.el9_0.src.rpm`. */
export function sourceOf(
  file: string | undefined,
  epoch: number,
): { name: string; version: string } | undefined {
  const match = /^(.+)-([^-]+)-([^-]+)\.(?:no)?src\.rpm$/.exec(file ?? '');
  const [, name, version, release] = match ?? [];
  if (!name || !version) return undefined;
  return { name, version: fullVersion(epoch, version, release) };
}

/** Requirements resolved to the names of packages that provide them here. */
export function withDependencies(entries: readonly RpmEntry[]): Package[] {
  const providers = new Map<string, string>();
  for (const { pkg, provides } of entries) {
    for (const capability of provides) if (!providers.has(capability)) providers.set(capability, pkg.name);
  }
  return entries.map(({ pkg, requires }) => {
    const found = new Set<string>();
    for (const capability of requires) {
      const provider = providers.get(capability);
      if (provider !== undefined && provider !== pkg.name) found.add(provider);
    }
    return found.size > 0 ? { ...pkg, dependsOn: [...found] } : pkg;
  });
}
