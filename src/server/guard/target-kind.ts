import { BlockList, isIP } from 'node:net';
import { addressKind } from '../../oci/registry/addresses.ts';

/** What an address leads to. `forbidden`: a place where no registry is (metadata of a cloud, this link, nobody). */
export type TargetKind = 'public' | 'private' | 'loopback' | 'forbidden';

const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.platformequinix.com',
]);

const METADATA = new BlockList();
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192'])
  METADATA.addAddress(address, 'ipv4');
for (const address of ['fd00:ec2::254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'])
  METADATA.addAddress(address, 'ipv6');

/** For documentation, tests and protocols. */
const NOBODY = new BlockList();
NOBODY.addSubnet('192.0.0.0', 24, 'ipv4');
NOBODY.addSubnet('192.0.2.0', 24, 'ipv4');
NOBODY.addSubnet('192.88.99.0', 24, 'ipv4');
NOBODY.addSubnet('198.51.100.0', 24, 'ipv4');
NOBODY.addSubnet('203.0.113.0', 24, 'ipv4');
NOBODY.addSubnet('100::', 64, 'ipv6');
NOBODY.addSubnet('2001:db8::', 32, 'ipv6');

const ALSO_PRIVATE = new BlockList();
ALSO_PRIVATE.addSubnet('198.18.0.0', 15, 'ipv4');
ALSO_PRIVATE.addSubnet('fec0::', 10, 'ipv6');
// Where it ends is up to translators and tunnels that nobody here has seen.
ALSO_PRIVATE.addSubnet('2001::', 32, 'ipv6');
ALSO_PRIVATE.addSubnet('64:ff9b:1::', 48, 'ipv6');

/** True for names under which clouds tell their machines secrets. */
export function isMetadataName(hostname: string): boolean {
  return METADATA_NAMES.has(hostname.replace(/\.$/, '').toLowerCase());
}

/** @param address an IPv4 or IPv6 address without brackets; anything else is `forbidden` */
export function targetKind(address: string): TargetKind {
  const bare = address.replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return 'forbidden';
  const inner = version === 6 ? embeddedIpv4(bare) : undefined;
  if (inner !== undefined) return targetKind(inner);
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (METADATA.check(bare, family) || NOBODY.check(bare, family)) return 'forbidden';
  if (ALSO_PRIVATE.check(bare, family)) return 'private';
  const kind = addressKind(version === 6 ? `[${bare}]` : bare);
  return kind === 'link-local' || kind === 'name' ? 'forbidden' : kind;
}

/** The IPv4 address that an IPv6 one leads to: mapped, compatible, translated (64:ff9b::/96) or by 6to4 (2002::/16). */
function embeddedIpv4(address: string): string | undefined {
  const groups = ipv6Groups(address);
  const [first = 0, second = 0, third = 0] = groups;
  const head = groups.slice(0, 6);
  const isMapped = head.slice(0, 5).every((group) => group === 0) && head[5] === 0xffff;
  const isTranslated = first === 0x64 && second === 0xff9b && head.slice(2).every((group) => group === 0);
  const isCompatible = head.every((group) => group === 0) && (groups[6] ?? 0) !== 0;
  if (first === 0x2002) return dotted(second, third);
  return isMapped || isTranslated || isCompatible ? dotted(groups[6] ?? 0, groups[7] ?? 0) : undefined;
}

/** Its eight numbers, from the one spelling that URL gives to each address. */
function ipv6Groups(address: string): number[] {
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  if (tail === undefined) return before;
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
