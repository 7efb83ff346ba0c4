import type { AptSource } from './apt-source.ts';

/** What an image's `os-release` says. */
export interface OsRelease {
  readonly id: string;
  readonly versionId: string;
  readonly codename: string;
}

const DEBIAN_CODENAMES: ReadonlyMap<string, string> = new Map([
  ['10', 'buster'],
  ['11', 'bullseye'],
  ['12', 'bookworm'],
  ['13', 'trixie'],
]);
/** Those that Ubuntu serves from its main archive; the others are at its ports. */
const UBUNTU_MAIN: ReadonlySet<string> = new Set(['amd64', 'i386']);

/** Reads `KEY=value` lines, with or without quotes. @see os-release(5) */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n').slice(0, 1_000)) {
    const [, key, value] = /^([A-Z_]{1,64})=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const versionId = values.get('VERSION_ID') ?? '';
  const codename =
    values.get('VERSION_CODENAME') ?? DEBIAN_CODENAMES.get(versionId.split('.')[0] ?? '') ?? '';
  return { id: values.get('ID') ?? '', versionId, codename: /^[a-z]{1,32}$/.test(codename) ? codename : '' };
}

/** The archives of a distribution, for images that bring no settings of apt. Empty for others. */
export function defaultSources({ id, codename }: OsRelease, architecture: string): AptSource[] {
  if (codename === '') return [];
  const common = { wantsTrust: false, byOperator: false, origin: 'the archives of the distribution' };
  if (id === 'debian') {
    const main = { ...common, components: ['main'] };
    const security = ['buster', 'stretch', 'jessie'].includes(codename)
      ? `${codename}/updates`
      : `${codename}-security`;
    return [
      { ...main, uri: 'http://deb.debian.org/debian/', suite: codename },
      { ...main, uri: 'http://deb.debian.org/debian/', suite: `${codename}-updates` },
      { ...main, uri: 'http://deb.debian.org/debian-security/', suite: security },
    ];
  }
  if (id !== 'ubuntu') return [];
  const isMain = UBUNTU_MAIN.has(architecture);
  const ports = 'http://ports.ubuntu.com/ubuntu-ports/';
  return ['', '-updates', '-security'].map((pocket) => ({
    ...common,
    uri: isMain ? `http://${pocket === '-security' ? 'security' : 'archive'}.ubuntu.com/ubuntu/` : ports,
    suite: codename + pocket,
    components: ['main', 'universe', 'restricted', 'multiverse'],
  }));
}
