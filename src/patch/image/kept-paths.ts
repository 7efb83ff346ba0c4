/** Small files that every patch looks into, so that no layer is read a second time for them. */
const FILES: ReadonlySet<string> = new Set([
  'etc/os-release',
  'usr/lib/os-release',
  'etc/debian_version',
  'etc/alpine-release',
  'etc/lsb-release',
  'etc/passwd',
  'etc/group',
  'etc/shadow',
  'etc/shells',
  'etc/busybox-paths.d/busybox',
  'etc/ld.so.conf',
  'etc/ca-certificates.conf',
  'etc/ld.so.cache',
  'etc/ssl/certs/ca-certificates.crt',
  'lib/apk/db/installed',
  'lib/apk/db/triggers',
  'lib/apk/db/scripts.tar',
  'usr/lib/apk/db/installed',
  'usr/lib/apk/db/triggers',
  'usr/lib/apk/db/scripts.tar',
  'var/cache/debconf/config.dat',
  'var/lib/apt/extended_states',
]);

const FOLDERS: readonly string[] = [
  'etc/apt/',
  'etc/apk/',
  'etc/dpkg/',
  'etc/ld.so.conf.d/',
  'usr/local/share/ca-certificates/',
  'usr/share/ca-certificates/',
  'usr/share/keyrings/',
  'usr/lib/apt/',
  'var/lib/dpkg/',
];

/** The default of what is kept when the layers of an image are read. */
export function isKeptPath(path: string): boolean {
  return FILES.has(path) || FOLDERS.some((folder) => path.startsWith(folder));
}
