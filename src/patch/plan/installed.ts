import type { Signal } from '../../base/signal.ts';
import { readStanzas } from '../../ecosystems/deb/read-stanzas.ts';
import { deb, type DebVersion } from '../../versions/deb.ts';
import type { RootView } from '../root/root-view.ts';
import { CONTROL_FIELDS, toControl, type ControlRecord } from '../sources/packages-index.ts';

/** A package as dpkg's database has it. */
export interface InstalledPackage extends ControlRecord {
  readonly parsed: DebVersion;
  /** Not to be changed, says the image's owner. */
  readonly held: boolean;
  /** All of its files are there and it is set up. */
  readonly complete: boolean;
  /** The file that records it. */
  readonly path: string;
}

export interface InstalledPackages {
  /** By name, then architecture. */
  readonly packages: readonly InstalledPackage[];
  readonly notes: readonly string[];
}

const FIELDS: ReadonlySet<string> = new Set([...CONTROL_FIELDS, 'status']);
const STATUS = 'var/lib/dpkg/status';
const STATUS_FOLDER = 'var/lib/dpkg/status.d';
const MAX_STATUS_BYTES = 128 << 20;
const MAX_FILES = 20_000;
const MAX_PACKAGES = 50_000;
const COMPLETE: ReadonlySet<string> = new Set(['installed', 'triggers-awaited', 'triggers-pending']);
const ABSENT: ReadonlySet<string> = new Set(['not-installed', 'config-files']);

/** Reads dpkg's database, in one file or in many. @throws DrydockError what the view throws */
export async function readInstalled(root: RootView, { signal }: Signal): Promise<InstalledPackages> {
  const parts = root
    .list(STATUS_FOLDER)
    .filter((name) => !name.endsWith('.md5sums'))
    .slice(0, MAX_FILES)
    .map((name) => `${STATUS_FOLDER}/${name}`);
  const paths = [STATUS, ...parts].filter((path) => isFile(root, path));
  const files = await root.read(paths, { maxBytes: MAX_STATUS_BYTES, signal });
  const notes: string[] = [];
  const found = new Map<string, InstalledPackage>();
  for (const path of paths) {
    for (const stanza of readStanzas(files.get(path) ?? new Uint8Array(), FIELDS)) {
      const control = toControl(stanza);
      const parsed = control && deb.parse(control.version);
      const [want = 'install', , state = 'installed'] = (stanza.fields.get('status') ?? '')
        .split(/\s+/)
        .filter(Boolean);
      if (ABSENT.has(state) || found.size >= MAX_PACKAGES) continue;
      if (!control || !parsed) {
        notes.push(`${path}: the record at line ${stanza.line} cannot be read and is left out`);
        continue;
      }
      const complete = COMPLETE.has(state);
      if (!complete) notes.push(`${control.name} is ${state}, so that nothing of its source is updated`);
      found.set(`${control.name} ${control.architecture}`, {
        ...control,
        parsed,
        held: want === 'hold',
        complete,
        path,
      });
    }
  }
  return { packages: [...found.entries()].sort(byKey).map(([, pkg]) => pkg), notes: notes.slice(0, 100) };
}

function isFile(root: RootView, path: string): boolean {
  const type = root.resolve(path)?.type;
  return type === 'file' || type === 'hardlink';
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
