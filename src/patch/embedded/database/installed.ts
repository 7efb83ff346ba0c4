import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import { parseAccounts, type Accounts } from './accounts.ts';
import { parseDiversions, type Diversions } from './diversions.ts';
import { fieldOf, MAX_STATUS_BYTES, parseParagraph, splitParagraphs, type Paragraph } from './paragraph.ts';
import { parsePathFilters, type PathFilter } from './path-filters.ts';
import { parseConffiles, type ConffileRecord } from './stanza.ts';
import { parseStatOverrides, type StatOverride } from './stat-overrides.ts';

/** A package as the image's database has it. */
export interface InstalledPackage {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** The paragraph as it stands. */
  readonly stanza: string;
  readonly paragraph: Paragraph;
  /** What its files below `info/` begin with: `name` or `name:architecture`. */
  readonly infoName: string;
  readonly isInstalled: boolean;
  readonly conffiles: readonly ConffileRecord[];
  /** Paths as listed, with a leading slash. */
  readonly files: readonly string[];
  /** Of a distroless image: the file below `status.d/`. */
  readonly statusFile?: string;
}

export interface Database {
  /** `distroless` has one file for each package and no lists. */
  readonly kind: 'dpkg' | 'distroless';
  readonly packages: readonly InstalledPackage[];
  readonly diversions: Diversions;
  readonly statOverrides: ReadonlyMap<string, StatOverride>;
  readonly filters: readonly PathFilter[];
  readonly accounts: Accounts;
  /** Contents of the files below `info/` but lists, of all packages: scripts, conffiles, md5sums, triggers. */
  readonly info: ReadonlyMap<string, Uint8Array>;
  /** Texts below `triggers/`, by name. */
  readonly triggers: ReadonlyMap<string, string>;
}

export const DPKG = 'var/lib/dpkg';
const MAX_CONFIG_BYTES = 16 << 20;

/** Reads what dpkg knows of an image; undefined where it holds no such database. */
export async function readDatabase(root: RootView, { signal }: Signal): Promise<Database | undefined> {
  const isDpkg = root.resolve(`${DPKG}/status`)?.type === 'file';
  const folder = `${DPKG}/status.d`;
  if (!isDpkg && root.resolve(folder)?.type !== 'directory') return undefined;
  const names = root
    .list(isDpkg ? `${DPKG}/info` : folder)
    .map((name) => `${isDpkg ? `${DPKG}/info` : folder}/${name}`);
  const configs = [
    ...root
      .list('etc/dpkg/dpkg.cfg.d')
      .filter(isConfigName)
      .map((name) => `etc/dpkg/dpkg.cfg.d/${name}`),
    'etc/dpkg/dpkg.cfg',
  ];
  const triggers = root.list(`${DPKG}/triggers`).map((name) => `${DPKG}/triggers/${name}`);
  const singles = [`${DPKG}/status`, `${DPKG}/diversions`, `${DPKG}/statoverride`, 'etc/passwd', 'etc/group'];
  const files = await root.read(
    [...singles, ...configs, ...names, ...triggers].filter((path) => root.resolve(path)?.type === 'file'),
    { maxBytes: MAX_STATUS_BYTES, signal },
  );
  const text = (path: string): string => textOf(files.get(path));
  const accounts = parseAccounts(
    text('etc/passwd').slice(0, MAX_CONFIG_BYTES),
    text('etc/group').slice(0, MAX_CONFIG_BYTES),
  );
  const info = new Map(
    names.flatMap((path) => {
      const content = files.get(path);
      return content ? [[path.slice(path.lastIndexOf('/') + 1), content] as const] : [];
    }),
  );
  return {
    kind: isDpkg ? 'dpkg' : 'distroless',
    packages: isDpkg ? packagesIn(text(`${DPKG}/status`), info) : distrolessPackages(info),
    diversions: parseDiversions(text(`${DPKG}/diversions`)),
    statOverrides: parseStatOverrides(text(`${DPKG}/statoverride`), accounts),
    filters: configs.flatMap((path) => parsePathFilters(text(path))),
    accounts,
    info,
    triggers: new Map(triggers.map((path) => [path.slice(path.lastIndexOf('/') + 1), text(path)])),
  };
}

/** As `run-parts` would take them. */
function isConfigName(name: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(name);
}

function packagesIn(status: string, info: ReadonlyMap<string, Uint8Array>): InstalledPackage[] {
  return splitParagraphs(status).flatMap((stanza) => {
    const found = toPackage(stanza);
    if (!found) return [];
    const qualified = `${found.name}:${found.architecture}`;
    const infoName = info.has(`${qualified}.list`) ? qualified : found.name;
    const list = textOf(info.get(`${infoName}.list`));
    return [{ ...found, infoName, files: list.split('\n').filter((line) => line.startsWith('/')) }];
  });
}

/** The old `md5sums` says what a package brought, links and folders not counted. */
function distrolessPackages(info: ReadonlyMap<string, Uint8Array>): InstalledPackage[] {
  return [...info.keys()].sort().flatMap((statusFile) => {
    if (statusFile.endsWith('.md5sums')) return [];
    const found = toPackage(textOf(info.get(statusFile)).trimEnd());
    if (!found) return [];
    const sums = parseMd5sums(textOf(info.get(`${statusFile}.md5sums`)));
    return [
      {
        ...found,
        infoName: statusFile,
        statusFile,
        isInstalled: true,
        files: [...sums.keys()].map((path) => `/${path}`),
      },
    ];
  });
}

function toPackage(stanza: string): Omit<InstalledPackage, 'infoName' | 'files'> | undefined {
  const paragraph = parseParagraph(stanza);
  const name = fieldOf(paragraph, 'Package');
  const version = fieldOf(paragraph, 'Version');
  const architecture = fieldOf(paragraph, 'Architecture');
  if (name === undefined || architecture === undefined) return undefined;
  const isInstalled = (fieldOf(paragraph, 'Status') ?? '').endsWith(' ok installed');
  return {
    name,
    version: version ?? '',
    architecture,
    stanza,
    paragraph,
    isInstalled,
    conffiles: parseConffiles(paragraph),
  };
}

/** MD5 by path without a leading slash. @see md5sum(1): `hash  path` */
export function parseMd5sums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (!/^[0-9a-f]{32} [ *]/.test(line)) continue;
    const path = line.slice(34).replace(/^(?:\.?\/)+/, '');
    if (path !== '') sums.set(path, line.slice(0, 32));
  }
  return sums;
}

export function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : '';
}
