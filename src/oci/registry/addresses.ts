import { BlockList, isIP } from 'node:net';

/** What an address in a URL stands for. A name other than `localhost` is only a `name`: it is not looked up. */
export type AddressKind = 'name' | 'public' | 'private' | 'link-local' | 'loopback';

type Range = readonly [network: string, prefix: number, type: 'ipv4' | 'ipv6'];

const LOOPBACK = blockList([
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
]);
/** With the unspecified addresses, which lead to this machine, and what is for groups or for nobody. */
const LINK_LOCAL = blockList([
  ['169.254.0.0', 16, 'ipv4'],
  ['0.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['::', 128, 'ipv6'],
]);
const PRIVATE = blockList([
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
]);

/** @param hostname as `URL` gives it: an IPv6 address in brackets */
export function addressKind(hostname: string): AddressKind {
  const name = hostname.replace(/\.$/, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  const address = name.startsWith('[') ? name.slice(1, -1) : name;
  const version = isIP(address);
  if (version === 0) return 'name';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(address, family)) return 'loopback';
  if (LINK_LOCAL.check(address, family)) return 'link-local';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) list.addSubnet(...range);
  return list;
}
