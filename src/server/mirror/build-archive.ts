import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { hasErrno } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import type { Archive } from './artifact.ts';

const BLOCK = 512;
const METADATA_FILE = 'metadata.json';
/** As in what is published: whoever downloads it writes his own. */
const NEVER = '0001-01-01T00:00:00Z';
const DIGEST_SUFFIX = '.sha256';

/**
 * Packs an installed database as it is published. The same database gives the same bytes. What was packed before is
 * taken again; archives of other databases are removed but for the one packed last.
 *
 * @param path where the archive is to lie
 * @param file name of the database in its directory
 */
export async function buildArchive(
  path: string,
  directory: string,
  file: string,
  { signal }: Signal,
): Promise<Archive> {
  const known = await readBuilt(path);
  if (known) return known;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const digest = await packTo(temporary, directory, file, { signal });
    await rename(temporary, path);
    await writeDigest(path, digest);
    await removeOthers(path);
    return { path, digest, sizeBytes: (await stat(path)).size };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function packTo(path: string, directory: string, file: string, { signal }: Signal): Promise<Digest> {
  const metadata = await readFile(join(directory, METADATA_FILE), 'utf8');
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(undefined, chunk);
    },
  });
  // Held open, so that it can be read to its end even if it is removed meanwhile.
  await using database = await open(join(directory, file), 'r');
  const { size } = await database.stat();
  const content = Readable.from(
    tarOf([
      { name: file, size, chunks: database.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }) },
      withoutDownload(metadata),
    ]),
  );
  await pipeline(content, createGzip({ level: 6 }), hashing, createWriteStream(path, { mode: 0o600 }), {
    signal,
  });
  return `sha256:${hash.digest('hex')}` as Digest;
}

interface Member {
  readonly name: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

function withoutDownload(metadata: string): Member {
  const content = Buffer.from(
    JSON.stringify({ ...(JSON.parse(metadata) as Record<string, unknown>), DownloadedAt: NEVER }),
  );
  return { name: METADATA_FILE, size: content.length, chunks: [content] };
}

async function* tarOf(members: readonly Member[]): AsyncGenerator<Uint8Array> {
  for (const { name, size, chunks } of members) {
    yield headerOf(name, size);
    yield* chunks;
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** @see POSIX.1-2017, pax, "ustar Interchange Format" */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

async function readBuilt(path: string): Promise<Archive | undefined> {
  try {
    const [digest, sizeBytes] = (await readFile(`${path}${DIGEST_SUFFIX}`, 'utf8')).trim().split(' ');
    const { size } = await stat(path);
    const isWhole = /^sha256:[0-9a-f]{64}$/.test(digest ?? '') && String(size) === sizeBytes;
    return isWhole ? { path, digest: digest as Digest, sizeBytes: size } : undefined;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeDigest(path: string, digest: Digest): Promise<void> {
  const { size } = await stat(path);
  const temporary = `${path}${DIGEST_SUFFIX}.${randomBytes(6).toString('hex')}.tmp`;
  await using file = await open(temporary, 'w', 0o600);
  await file.writeFile(`${digest} ${size}\n`);
  await rename(temporary, `${path}${DIGEST_SUFFIX}`);
}

/** The one before may still be on its way to somebody; files that are open stay readable. */
async function removeOthers(path: string): Promise<void> {
  const folder = dirname(path);
  const archives = (await readdir(folder)).filter(
    (name) => /^[0-9a-f]{64}$/.test(name) && name !== basename(path),
  );
  const dated = await Promise.all(
    archives.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  for (const { name } of dated.sort((a, b) => b.at - a.at).slice(1)) {
    await rm(join(folder, name), { force: true });
    await rm(join(folder, `${name}${DIGEST_SUFFIX}`), { force: true });
  }
}
