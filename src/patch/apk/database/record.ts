/** Owner and mode as the database writes them; xattrs by their sum. */
export interface RecordedMode {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** `Q1` and a SHA-1, of all extended attributes together. */
  readonly xattrs?: string;
}

export interface RecordedFile extends RecordedMode {
  readonly name: string;
  /** `Q1` and the SHA-1, or `Q2` and the SHA-256; of a link that of its target. */
  readonly checksum?: string;
}

export interface RecordedFolder extends RecordedMode {
  /** Without a slash at either end; empty for the root. */
  readonly path: string;
  readonly files: readonly RecordedFile[];
}

/** A package as the image's database has it. */
export interface InstalledApk {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** What it was built from. */
  readonly origin: string;
  /** Of its archive: `Q1` and a SHA-1. */
  readonly identity: string;
  readonly depends: readonly string[];
  readonly provides: readonly string[];
  readonly installIf: readonly string[];
  readonly replaces: readonly string[];
  readonly replacesPriority: number;
  /** Of the repository that it was taken from. */
  readonly tag?: string;
  /** What went wrong when it was installed: files (`f`) or scripts (`s`). */
  readonly broken: string;
  readonly folders: readonly RecordedFolder[];
  /** The record as it stands, without the empty line behind it. */
  readonly text: string;
}

export const FOLDER_MODE: RecordedMode = { uid: 0, gid: 0, mode: 0o755 };
export const FILE_MODE: RecordedMode = { uid: 0, gid: 0, mode: 0o644 };

const MAX_RECORDS = 50_000;
/** Each folder stands for all those above it too: together they bound what has to be held in memory. */
const MAX_FOLDERS = 200_000;
const MAX_DEPTH = 64;

interface Draft {
  readonly fields: Map<string, string>;
  readonly folders: DraftFolder[];
  readonly lines: string[];
}

interface DraftFolder extends Omit<RecordedFolder, 'files'> {
  readonly files: RecordedFile[];
}

/**
 * Reads an installed database.
 *
 * @returns `problems` for records that cannot be read and are left out
 * @see https://wiki.alpinelinux.org/wiki/Apk_spec, "Installed Database V2"
 */
export function parseInstalled(text: string): {
  readonly packages: readonly InstalledApk[];
  readonly problems: readonly string[];
} {
  const packages: InstalledApk[] = [];
  const problems: string[] = [];
  const names = new Set<string>();
  const records = text.split('\n\n', MAX_RECORDS + 1);
  if (records.length > MAX_RECORDS)
    problems.push(`the package database has more than ${MAX_RECORDS} records`);
  for (const record of records.slice(0, MAX_RECORDS)) {
    const body = record.replace(/^\n+|\n+$/g, '');
    if (body === '') continue;
    const pkg = toPackage(body);
    if (typeof pkg === 'string') problems.push(pkg);
    else if (names.has(pkg.name)) problems.push(`${pkg.name} is recorded twice`);
    else packages.push(pkg);
    if (typeof pkg !== 'string') names.add(pkg.name);
  }
  const folders = packages.reduce((sum, pkg) => sum + pkg.folders.length, 0);
  if (folders > MAX_FOLDERS) problems.push(`the package database has more than ${MAX_FOLDERS} folders`);
  return { packages, problems };
}

function toPackage(body: string): InstalledApk | string {
  const draft: Draft = { fields: new Map(), folders: [], lines: body.split('\n') };
  for (const line of draft.lines) {
    const problem =
      line[1] === ':' ? takeLine(draft, line[0] ?? '', line.slice(2)) : 'a line that is no field';
    if (problem !== undefined) return `a record of the package database has ${problem}`;
  }
  const field = (letter: string): string => draft.fields.get(letter) ?? '';
  const words = (letter: string): string[] =>
    field(letter)
      .split(' ')
      .filter((word) => word !== '');
  const [name, version, identity] = [field('P'), field('V'), field('C')];
  if (!isName(name) || version === '' || /\s/.test(version))
    return 'a record of the package database has no name';
  const tag = field('s');
  return {
    name,
    version,
    architecture: field('A'),
    origin: field('o') || name,
    identity,
    depends: words('D'),
    provides: words('p'),
    installIf: words('i'),
    replaces: words('r'),
    replacesPriority: /^\d{1,9}$/.test(field('q')) ? Number(field('q')) : 0,
    ...(tag !== '' && { tag }),
    broken: field('f'),
    folders: draft.folders,
    text: body,
  };
}

/** As file names and URLs can hold it. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9+._-]{0,255}$/.test(name);
}

function takeLine({ fields, folders }: Draft, letter: string, value: string): string | undefined {
  const folder = folders.at(-1);
  const file = folder?.files.at(-1);
  if (letter === 'F') {
    if (!isSoundPath(value, true)) return 'a folder that leaves the root or lies too deep';
    folders.push({ ...FOLDER_MODE, path: value, files: [] });
  } else if (letter === 'R') {
    if (!folder || !isSoundPath(value, false)) return 'a file without a folder';
    folder.files.push({ ...FILE_MODE, name: value });
  } else if (letter === 'M' || letter === 'a' || letter === 'Z') {
    const known = letter === 'Z' ? { checksum: value } : toMode(value);
    if (!folder || !known || (letter !== 'M' && !file)) return 'an odd owner or mode';
    if (letter !== 'M' && file) folder.files[folder.files.length - 1] = { ...file, ...known };
    else if ('mode' in known) folders[folders.length - 1] = { ...folder, ...known };
  } else fields.set(letter, value);
  return undefined;
}

function toMode(value: string): RecordedMode | undefined {
  const [, uid, gid, mode = '', xattrs] =
    /^(\d{1,10}):(\d{1,10}):([0-7]{1,5})(?::(Q[12]\S{1,90}))?$/.exec(value) ?? [];
  if (uid === undefined) return undefined;
  return {
    uid: Number(uid),
    gid: Number(gid),
    mode: Number.parseInt(mode, 8),
    ...(xattrs !== undefined && { xattrs }),
  };
}

function isSoundPath(path: string, mayHoldSlashes: boolean): boolean {
  if (path === '') return mayHoldSlashes;
  if (path.length > 4_096 || path.includes('\0') || (!mayHoldSlashes && path.includes('/'))) return false;
  const parts = path.split('/');
  if (parts.length > MAX_DEPTH) return false;
  return parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Each file that a package has, with the path it lies at. */
export function* filesOf({ folders }: Pick<InstalledApk, 'folders'>): Generator<{
  readonly path: string;
  readonly folder: RecordedFolder;
  readonly file: RecordedFile;
}> {
  for (const folder of folders)
    for (const file of folder.files)
      yield { path: folder.path === '' ? file.name : `${folder.path}/${file.name}`, folder, file };
}
