import type { RootEntryType } from '../root/root-view.ts';

/** A member as it is written: its path is final, its content known. */
export interface TarMember {
  readonly path: string;
  readonly type: RootEntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  readonly target?: string | undefined;
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  readonly sizeBytes: number;
}

export const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** Seven octal digits. */
const MAX_ID = 0o7777777;
const MAX_DEVICE = 0o7777777;
/** Eleven octal digits. */
const MAX_NUMBER = 0o77777777777;
const PLAIN = /^[\x20-\x7e]*$/;

const FLAGS: Readonly<Record<RootEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/**
 * The header of a member, with an extended header before it only where ustar cannot say everything.
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
 */
export function memberHeader(member: TarMember): Uint8Array {
  const name = member.type === 'directory' ? `${member.path}/` : member.path;
  const split = splitName(name);
  const target = member.target ?? '';
  const records: (readonly [string, string | Uint8Array])[] = [];
  if (!split) records.push(['path', name]);
  if (!fits(target, NAME_BYTES)) records.push(['linkpath', target]);
  if (member.uid > MAX_ID) records.push(['uid', String(member.uid)]);
  if (member.gid > MAX_ID) records.push(['gid', String(member.gid)]);
  if (member.sizeBytes > MAX_NUMBER) records.push(['size', String(member.sizeBytes)]);
  if (member.mtime > MAX_NUMBER) records.push(['mtime', String(member.mtime)]);
  for (const [key, value] of [...(member.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isKey(key)) records.push([`SCHILY.xattr.${key}`, value]);
  }
  const own = block({ ...member, ...(split ?? { name: cut(name), prefix: '' }), target: cut(target) });
  return records.length === 0 ? own : Buffer.concat([extended(member, records), own]);
}

/** Zeros up to the next block. */
export function paddingAfter(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** What a record's key cannot hold without being read as something else. */
function isKey(key: string): boolean {
  return key !== '' && !/[=\n\0]/.test(key);
}

function extended(
  member: TarMember,
  records: readonly (readonly [string, string | Uint8Array])[],
): Uint8Array {
  const body = Buffer.concat(records.map(([key, value]) => record(key, Buffer.from(value))));
  const base = member.path.slice(member.path.lastIndexOf('/') + 1).replace(/[^\x21-\x7e]/g, '_');
  const header = block({
    type: 'x',
    name: `PaxHeaders.0/${base.slice(0, 80)}`,
    prefix: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    sizeBytes: body.length,
    target: '',
  });
  return Buffer.concat([header, body, paddingAfter(body.length)]);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function fits(text: string, bytes: number): boolean {
  return text.length <= bytes && PLAIN.test(text);
}

/** Cut at a slash where the name is too long for its field; undefined where that cannot be. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (!PLAIN.test(path) || path.length > NAME_BYTES + 1 + PREFIX_BYTES) return undefined;
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  if (slash <= 0 || slash > PREFIX_BYTES || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** For readers that know nothing of extended headers. */
function cut(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, NAME_BYTES);
}

interface Block {
  readonly type: RootEntryType | 'x';
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly sizeBytes: number;
  readonly target: string;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

function block(of: Block): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.write(of.name, 0, NAME_BYTES, 'latin1');
  octal(bytes, 100, 8, of.mode & 0o7777);
  octal(bytes, 108, 8, of.uid > MAX_ID ? 0 : of.uid);
  octal(bytes, 116, 8, of.gid > MAX_ID ? 0 : of.gid);
  octal(bytes, 124, 12, of.sizeBytes > MAX_NUMBER ? 0 : of.sizeBytes);
  octal(bytes, 136, 12, of.mtime > MAX_NUMBER ? 0 : of.mtime);
  bytes.write(of.type === 'x' ? 'x' : FLAGS[of.type], 156, 'latin1');
  bytes.write(of.target, 157, NAME_BYTES, 'latin1');
  bytes.write('ustar\u000000', 257, 'latin1');
  octal(bytes, 329, 8, Math.min(of.device?.major ?? 0, MAX_DEVICE));
  octal(bytes, 337, 8, Math.min(of.device?.minor ?? 0, MAX_DEVICE));
  bytes.write(of.prefix, 345, PREFIX_BYTES, 'latin1');
  bytes.fill(0x20, 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function octal(bytes: Buffer, at: number, length: number, value: number): void {
  bytes.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
}
