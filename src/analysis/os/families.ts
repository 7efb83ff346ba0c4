/** os-release IDs whose family has another name here; every other ID is its own family. */
const FAMILY_OF_ID: ReadonlyMap<string, string> = new Map<string, string>([
  ['almalinux', 'alma'],
  ['amzn', 'amazon'],
  ['arch', 'archlinux'],
  ['leap-micro', 'opensuse-leap-micro'],
  ['mariner', 'cbl-mariner'],
  ['ol', 'oracle'],
  ['opensuse', 'opensuse-leap'],
  ['rhel', 'redhat'],
  ['sl-micro', 'slem'],
  ['sle-micro', 'slem'],
  ['sle-micro-rancher', 'slem'],
  ['sle_hpc', 'sles'],
  ['sled', 'sles'],
  ['sles_sap', 'sles'],
]);

/** How the product in `… release 9.1 (…)` begins, in lower case. */
const FAMILY_OF_PRODUCT: readonly (readonly [string, string])[] = [
  ['almalinux', 'alma'],
  ['amazon linux', 'amazon'],
  ['centos stream', 'centos-stream'],
  ['centos', 'centos'],
  ['fedora', 'fedora'],
  ['oracle linux', 'oracle'],
  ['enterprise linux', 'oracle'],
  ['red hat', 'redhat'],
  ['rocky', 'rocky'],
];

const MAX_ID_LENGTH = 64;

/** The family of an os-release ID; undefined for one with nothing usable in it. */
export function familyOfId(id: string): string | undefined {
  const plain = id
    .slice(0, MAX_ID_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '');
  return plain === '' ? undefined : (FAMILY_OF_ID.get(plain) ?? plain);
}

/** The family of a product in a Red Hat style release file; undefined for products that are not known. */
export function familyOfProduct(product: string): string | undefined {
  const name = product.toLowerCase();
  return FAMILY_OF_PRODUCT.find(([start]) => name.startsWith(start))?.[1];
}

/** Debian's names, which stand for the number while a release is not out. */
const DEBIAN_RELEASES: ReadonlyMap<string, string> = new Map<string, string>([
  ['jessie', '8'],
  ['stretch', '9'],
  ['buster', '10'],
  ['bullseye', '11'],
  ['bookworm', '12'],
  ['trixie', '13'],
  ['forky', '14'],
  ['duke', '15'],
]);

/** `bookworm/sid` → `12`; undefined for names that are not known. */
export function debianRelease(name: string): string | undefined {
  return DEBIAN_RELEASES.get(name.split('/', 1)[0] ?? '');
}
