import { gunzipSync, gzipSync } from 'node:zlib';
import { readTar } from '../../embedded/archive/read-tar.ts';
import { SCRIPT_KINDS, type ScriptKind } from '../archive/open-apk.ts';

/** A script of an installed package. */
export interface RecordedScript {
  /** Name and version of the package. */
  readonly owner: string;
  readonly identity: string;
  readonly kind: ScriptKind;
  readonly content: Uint8Array;
  /** Seconds since 1970. */
  readonly mtime: number;
}

const BLOCK = 512;
const MAX_SCRIPTS_BYTES = 256 << 20;
const LONG_NAME = 100;
const SIZE_AT = 124;

/**
 * Reads `scripts.tar`: members are called `NAME-VERSION.Q1SUM.KIND`; others are left out, as apk leaves them out.
 *
 * @param identities of installed packages
 */
export async function parseScripts(
  archive: Uint8Array,
  isCompressed: boolean,
  identities: Iterable<string>,
): Promise<RecordedScript[]> {
  const bytes = isCompressed ? gunzipSync(archive, { maxOutputLength: MAX_SCRIPTS_BYTES }) : archive;
  const entries = await readTar(once(bytes));
  // A sum is no path, yet it may hold two slashes in a row, which paths lose.
  const known = new Map([...identities].map((identity) => [identity.replace(/\/+/g, '/'), identity]));
  return entries.flatMap(({ path, content, mtime }): RecordedScript[] => {
    const [, owner = '', sum = '', name = ''] = /^(.+)\.(Q[12][A-Za-z0-9+/=]+)\.([a-z-]+)$/.exec(path) ?? [];
    const [kind, identity] = [SCRIPT_KINDS.find((each) => each === name), known.get(sum)];
    return kind && identity !== undefined && content ? [{ owner, identity, kind, content, mtime }] : [];
  });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** How an archive is written: later versions of apk fill the fields of long numbers, earlier ones end them with a zero. */
export interface ScriptsForm {
  readonly isCompressed: boolean;
  /** Of the size and the time of a member. */
  readonly digits: 11 | 12;
}

/** The form of an archive that is there. */
export function formOf(archive: Uint8Array, isCompressed: boolean): ScriptsForm {
  const isEnded =
    !isCompressed && archive.length > BLOCK && archive[SIZE_AT] !== 0 && archive[SIZE_AT + 11] === 0;
  return { isCompressed, digits: isEnded ? 11 : 12 };
}

/** The same, as apk writes it, with old GNU headers. */
export function writeScripts(
  scripts: readonly RecordedScript[],
  { isCompressed, digits }: ScriptsForm,
): Buffer {
  const tar = Buffer.concat([
    ...scripts.flatMap(({ owner, identity, kind, content, mtime }) => {
      const name = `${owner}.${identity}.${kind}`;
      const long = Buffer.byteLength(name) >= LONG_NAME ? longName(name, digits) : [];
      return [...long, header(name, content.length, mtime, '0', digits), padded(content)];
    }),
    Buffer.alloc(2 * BLOCK),
  ]);
  return isCompressed ? gzipSync(tar, { level: 9 }) : tar;
}

function longName(name: string, digits: number): Buffer[] {
  const content = Buffer.from(`${name}\0`);
  return [header('././@LongLink', content.length, 0, 'L', digits), padded(content)];
}

function header(name: string, size: number, mtime: number, flag: string, digits: number): Buffer {
  const octal = (value: number, length: number): string => value.toString(8).padStart(length, '0');
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, LONG_NAME - 1);
  block.write('0000755', 100);
  block.write('0000000', 108);
  block.write('0000000', 116);
  block.write(octal(size, digits), SIZE_AT);
  block.write(octal(mtime, digits), 136);
  block.write('        ', 148);
  block.write(flag, 156);
  block.write('ustar  ', 257);
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function padded(content: Uint8Array): Buffer {
  const whole = Buffer.alloc(Math.ceil(content.length / BLOCK) * BLOCK);
  whole.set(content);
  return whole;
}
