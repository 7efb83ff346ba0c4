import { RPM_TAG, type RpmHeader, type RpmTag } from '../../codec/rpm-header.ts';
import type { Package, SourcePackage } from '../../model/package.ts';
import { isThirdParty } from './third-party.ts';

const MAX_TEXT_CHARS = 1024;
/** License expressions of whole collections are long. */
const MAX_LICENSE_CHARS = 4096;

const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

/** A package as its header tells it; undefined for a header without name and version. */
export function toRpmPackage(header: RpmHeader, path: string): Package | undefined {
  const text = (tag: RpmTag): string | undefined => cleanText(header.text(tag));
  const name = text(RPM_TAG.name);
  const version = text(RPM_TAG.version);
  if (!name || !version) return undefined;
  const release = text(RPM_TAG.release);
  const epoch = header.number(RPM_TAG.epoch) ?? 0;
  const architecture = text(RPM_TAG.arch);
  const license = cleanText(header.text(RPM_TAG.license), MAX_LICENSE_CHARS);
  const vendor = text(RPM_TAG.vendor);
  const modularityLabel = text(RPM_TAG.modularityLabel);
  const source = sourceOf(text(RPM_TAG.sourceRpm), epoch);
  const md5 = header.bytes(RPM_TAG.sigMd5);
  return {
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
  };
}

/** Text of a package fit to be shown; undefined where there is none, which rpm writes as `(none)`. */
export function cleanText(text: string | undefined, maxChars = MAX_TEXT_CHARS): string | undefined {
  if (text === undefined || text === '' || text === '(none)') return undefined;
  return text.slice(0, maxChars).replace(CONTROL, '\ufffd');
}

/** `[epoch:]version[-release]`, an epoch of 0 left out. */
export function fullVersion(epoch: number, version: string, release: string | undefined): string {
  return `${epoch > 0 ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`;
}

const SOURCE_SUFFIX = /\.(?:no)?src\.rpm$/;

/** From the name of the source package: `openssl-3.0.1-43.el9_0.src.rpm`. It has the epoch of what it built. */
export function sourceOf(file: string | undefined, epoch: number): SourcePackage | undefined {
  if (file === undefined || !SOURCE_SUFFIX.test(file)) return undefined;
  const parts = file.replace(SOURCE_SUFFIX, '').split('-');
  const [version, release] = parts.slice(-2);
  const name = parts.slice(0, -2).join('-');
  if (!name || !version || !release) return undefined;
  return { name, version: fullVersion(epoch, version, release) };
}
