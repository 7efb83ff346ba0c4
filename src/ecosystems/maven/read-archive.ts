import { createHash } from 'node:crypto';
import { CodecError } from '../../codec/codec-error.ts';
import { STORED, type ZipEntry } from '../../codec/zip/entry.ts';
import { openInflater } from '../../codec/zip/inflate.ts';
import { checkReadable, openZip, type Zip } from '../../codec/zip/read-zip.ts';
import type { Package } from '../../model/package.ts';
import { shown } from '../diagnostic-list.ts';
import type { Allowance } from './allowance.ts';
import { interestIn, MAX_TEXT_BYTES, parseText, placeInside, type ArchivePlace } from './archive-entry.ts';
import { packagesOf, type ArchiveFact } from './archive-packages.ts';
import { openArchiveStream } from './archive-stream.ts';

/** Larger ones are not unpacked into memory but read as they are unpacked. */
export const MAX_WHOLE_BYTES = 1 << 20;

/** The packages of an archive that lies in memory, and of those inside. What cannot be read becomes a diagnostic. */
export function readArchive(content: Uint8Array, place: ArchivePlace, allowance: Allowance): Package[] {
  const facts: ArchiveFact[] = [];
  try {
    const zip = openZip(content);
    for (const entry of zip.entries) {
      attempt(`${place.path}/${entry.name}`, allowance, () => {
        facts.push(...factsIn(zip, entry, place, allowance));
      });
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    allowance.diagnostics.add('ARCHIVE_DAMAGED', `${shown(place.path)}: ${error.message}`);
    return [];
  }
  const sha1 = createHash('sha1').update(content).digest('hex');
  return packagesOf(facts, { path: place.path, sha1 });
}

function attempt(path: string, { diagnostics }: Allowance, task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    diagnostics.add('ARCHIVE_DAMAGED', `${shown(path)}: ${error.message}`);
  }
}

function factsIn(zip: Zip, entry: ZipEntry, place: ArchivePlace, allowance: Allowance): ArchiveFact[] {
  const interest = interestIn(entry.name);
  if (interest === undefined) return [];
  if (interest === 'archive') {
    const inside = placeInside(place, entry.name);
    if (!allowance.enter(inside.depth, inside.path)) return [];
    return [{ kind: 'packages', packages: readInside(zip, entry, inside, allowance) }];
  }
  if (!allowance.inflateText(0)) return [];
  const text = zip.read(entry, MAX_TEXT_BYTES[interest]);
  if (!allowance.inflateText(text.length)) return [];
  const facts = parseText(interest, entry.name, text);
  return interest === 'manifest' ? facts : facts.filter(() => allowance.take());
}

function readInside(zip: Zip, entry: ZipEntry, inside: ArchivePlace, allowance: Allowance): Package[] {
  checkReadable(entry);
  const compressed = zip.compressed(entry);
  if (entry.method === STORED)
    return allowance.store(compressed.length) ? readArchive(compressed, inside, allowance) : [];
  if (entry.sizeBytes <= MAX_WHOLE_BYTES) {
    // One that is longer than it says is told as damaged: there is no saying what would be read of it elsewhere.
    const content = zip.read(entry, entry.sizeBytes);
    return allowance.inflate(content.length) ? readArchive(content, inside, allowance) : [];
  }
  const stream = openArchiveStream(inside, allowance, readArchive);
  const inflater = openInflater();
  try {
    inflater.write(compressed, (piece) => allowance.inflate(piece.length) && stream.write(piece));
  } finally {
    inflater.close();
  }
  return stream.end();
}
