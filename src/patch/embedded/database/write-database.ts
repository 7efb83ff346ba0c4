import { createHash } from 'node:crypto';
import type { MergedTree } from '../unpack/merged-tree.ts';
import type { Unpacked, Unpacking } from '../unpack/unpacking.ts';
import type { PayloadEntry } from '../archive/read-tar.ts';
import { DPKG, textOf, type Database, type InstalledPackage } from './installed.ts';
import { fieldOf } from './paragraph.ts';
import { toStanza, type ConffileRecord } from './stanza.ts';
import { parseTriggers, updateInterests } from './triggers.ts';

export interface DatabaseWriting {
  readonly unpacking: Unpacking;
  readonly unpacked: readonly Unpacked[];
  /** Seconds since 1970, of files that the engine makes itself. */
  readonly epoch: number;
}

/** Records what was unpacked. Gives the texts that were written for packages, by path. */
export function writeDatabase(writing: DatabaseWriting): Map<string, string> {
  return writing.unpacking.database.kind === 'dpkg' ? writeDpkg(writing) : writeDistroless(writing);
}

function writeDpkg({ unpacking, unpacked, epoch }: DatabaseWriting): Map<string, string> {
  const { database, tree } = unpacking;
  const stanzas = new Map<string, string>();
  const triggers = new Map(database.triggers);
  for (const each of unpacked) {
    const { installed, file } = each.upgrade;
    const status = fieldOf(installed.paragraph, 'Status') ?? 'install ok installed';
    stanzas.set(installed.stanza, toStanza(file.control, status, each.conffiles));
    writeInfo(each, unpacking, epoch);
    const [before, after] = [
      textOf(database.info.get(`${installed.infoName}.triggers`)),
      textOf(file.info.get('triggers')?.content),
    ];
    const owner = infoNameOf(each, database);
    for (const [name, text] of updateInterests(
      triggers,
      owner,
      parseTriggers(before),
      parseTriggers(after),
    )) {
      triggers.set(name, text);
      const path = `${DPKG}/triggers/${name}`;
      if (text === '' && name !== 'File') tree.remove(path);
      else writeText(tree, path, text, epoch);
    }
  }
  writeOthers({ unpacking, unpacked, epoch }, stanzas);
  const text = statusText(unpacking, stanzas);
  writeText(tree, `${DPKG}/status`, text, epoch);
  return new Map([[`${DPKG}/status`, text]]);
}

/** Packages that lost files, or conffiles, to others. */
function writeOthers({ unpacking, unpacked, epoch }: DatabaseWriting, stanzas: Map<string, string>): void {
  const upgraded = new Set(unpacked.map(({ upgrade }) => upgrade.installed));
  for (const [other, list] of unpacking.lists)
    if (!upgraded.has(other))
      writeText(unpacking.tree, `${DPKG}/info/${other.infoName}.list`, toLines(list), epoch);
  for (const [other, records] of unpacking.conffiles)
    if (!upgraded.has(other)) stanzas.set(other.stanza, withConffiles(other, records));
}

function withConffiles({ stanza, paragraph }: InstalledPackage, records: readonly ConffileRecord[]): string {
  const field = paragraph.fields.find(([name]) => name.toLowerCase() === 'conffiles');
  const lines = records.map(({ path, hash, flags }) => [` ${path}`, hash, ...flags].join(' '));
  return field
    ? stanza.replace(`${field[0]}:${field[1]}`, () => `${field[0]}:\n${lines.join('\n')}`)
    : stanza;
}

function statusText({ database }: Unpacking, stanzas: ReadonlyMap<string, string>): string {
  return database.packages.map(({ stanza }) => `${stanzas.get(stanza) ?? stanza}\n\n`).join('');
}

/** With the architecture where several of them may be installed at once. */
function infoNameOf({ upgrade: { installed, file } }: Unpacked, { info }: Database): string {
  const isShared = fieldOf(file.control, 'Multi-Arch')?.toLowerCase() === 'same';
  const hasFormat = info.has('format') || installed.infoName.includes(':');
  return isShared && hasFormat ? `${installed.name}:${installed.architecture}` : installed.name;
}

function writeInfo(each: Unpacked, { database, tree }: Unpacking, epoch: number): void {
  const { installed, file } = each.upgrade;
  const stem = infoNameOf(each, database);
  const wanted = new Map<string, PayloadEntry>();
  for (const [name, entry] of file.info)
    if (name !== 'list' && !name.includes('.')) wanted.set(`${stem}.${name}`, entry);
  wanted.set(`${stem}.list`, ownFile(toLines(each.list), epoch));
  if (!file.info.has('md5sums')) wanted.set(`${stem}.md5sums`, ownFile(md5sumsOf(each), epoch));
  const prefix = `${installed.infoName}.`;
  for (const name of database.info.keys())
    if (name.startsWith(prefix) && !name.slice(prefix.length).includes('.') && !wanted.has(name))
      tree.remove(`${DPKG}/info/${name}`);
  for (const [name, entry] of wanted) {
    const path = `${DPKG}/info/${name}`;
    const known = database.info.get(name);
    const isKnown = known && Buffer.compare(known, entry.content ?? new Uint8Array(0)) === 0;
    if (isKnown && tree.entry(path)?.mode === entry.mode) continue;
    const { mode, mtime, content = new Uint8Array(0) } = entry;
    tree.write({ kind: 'write', path, type: 'file', mode, uid: 0, gid: 0, mtime, content });
  }
}

function ownFile(text: string, epoch: number): PayloadEntry {
  const content = Buffer.from(text);
  return { path: '', type: 'file', mode: 0o644, uid: 0, gid: 0, user: '', group: '', mtime: epoch, content };
}

/** dpkg makes them where the package has none: of all files that are unpacked. */
function md5sumsOf({ upgrade: { file }, filtered }: Unpacked): string {
  const sums = new Map<string, string>();
  return file.payload
    .flatMap(({ path, type, target, content }) => {
      const sum = content ? createHash('md5').update(content).digest('hex') : sums.get(target ?? '');
      if ((type !== 'file' && type !== 'hardlink') || sum === undefined) return [];
      sums.set(path, sum);
      return filtered.has(`/${path}`) ? [] : [`${sum}  ${path}\n`];
    })
    .join('');
}

function toLines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}

/** Keeps the owner and mode of the file that was there. */
export function writeText(tree: MergedTree, path: string, text: string, epoch: number): void {
  writeBytes(tree, path, Buffer.from(text), epoch);
}

export function writeBytes(tree: MergedTree, path: string, content: Uint8Array, epoch: number): void {
  const { mode, uid, gid } = tree.entry(path) ?? { mode: 0o644, uid: 0, gid: 0 };
  tree.write({ kind: 'write', path, type: 'file', mode, uid, gid, mtime: epoch, content });
}

/** One file for each package, under the name that it has, and its sums beside it. */
function writeDistroless({ unpacking, unpacked, epoch }: DatabaseWriting): Map<string, string> {
  const { tree, database } = unpacking;
  const texts = new Map<string, string>();
  for (const each of unpacked) {
    const { installed, file } = each.upgrade;
    const path = `${DPKG}/status.d/${installed.statusFile}`;
    const control = file.control.fields.map(([name, value]) => `${name}: ${value}`.replace(/: \n/, ':\n'));
    const status = fieldOf(installed.paragraph, 'Status');
    if (status !== undefined) control.splice(1, 0, `Status: ${status}`);
    const text = `${control.join('\n')}\n`;
    writeText(tree, path, text, epoch);
    texts.set(path, text);
    if (!database.info.has(`${installed.statusFile}.md5sums`)) continue;
    const sums = file.info.get('md5sums')?.content ?? Buffer.from(md5sumsOf(each));
    writeBytes(tree, `${path}.md5sums`, sums, epoch);
  }
  return texts;
}
