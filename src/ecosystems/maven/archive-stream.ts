import { createHash } from 'node:crypto';
import { STORED, type LocalHeader } from '../../codec/zip/entry.ts';
import { openZipStream, type ZipContentSink } from '../../codec/zip/zip-stream.ts';
import type { Package } from '../../model/package.ts';
import { shown } from '../diagnostic-list.ts';
import type { Allowance } from './allowance.ts';
import {
  interestIn,
  MAX_TEXT_BYTES,
  parseText,
  placeInside,
  type ArchivePlace,
  type Interest,
} from './archive-entry.ts';
import { packagesOf, type ArchiveFact } from './archive-packages.ts';

/** Reads an archive as it comes. */
export interface ArchiveStream {
  /** @returns false when the rest is of no interest */
  write(piece: Uint8Array): boolean;
  end(): Package[];
}

/** Reads one that lies in memory; passed in, as either way of reading leads to the other. */
export type ReadWhole = (content: Uint8Array, place: ArchivePlace, allowance: Allowance) => Package[];

interface Met {
  readonly header: LocalHeader;
  readonly position: number;
  readonly facts: readonly ArchiveFact[];
}

/** Archives inside are kept up to this size to be read whole, and streamed from there on. */
const MAX_KEPT_BYTES = 1 << 20;

/**
 * The same as reading an archive whole, for those too large to be kept: entries are read as they pass, and count if the
 * directory at the end names them.
 */
export function openArchiveStream(
  place: ArchivePlace,
  allowance: Allowance,
  readWhole: ReadWhole,
): ArchiveStream {
  const sha1 = createHash('sha1');
  const met: Met[] = [];
  const damaged = (path: string, message: string): void =>
    allowance.diagnostics.add('ARCHIVE_DAMAGED', `${shown(path)}: ${message}`);

  function open(header: LocalHeader, position: number): ZipContentSink {
    const interest = interestIn(header.name);
    const inside = placeInside(place, header.name);
    const keep = (facts: readonly ArchiveFact[]): void => void met.push({ header, position, facts });
    const isArchive = interest === 'archive' || interest === undefined;
    const content = isArchive ? innerArchive(inside, keep) : textOf(interest, header.name, keep);
    const isFree = isArchive && header.method === STORED;
    const allow = (bytes: number): boolean =>
      isArchive ? allowance.inflate(bytes) : allowance.inflateText(bytes);
    return {
      write: (piece) => (isFree || allow(piece.length)) && content.write(piece),
      end(problem) {
        if (problem) damaged(inside.path, problem.message);
        content.end(problem);
      },
    };
  }

  function innerArchive(inside: ArchivePlace, keep: (facts: readonly ArchiveFact[]) => void): ZipContentSink {
    if (!allowance.enter(inside.depth, inside.path)) return { write: () => false, end: () => undefined };
    const archive = openGrowing(inside, allowance, readWhole);
    return {
      write: (piece) => archive.write(piece),
      end: (problem) => keep(problem ? [] : [{ kind: 'packages', packages: archive.end() }]),
    };
  }

  function textOf(
    interest: Exclude<Interest, 'archive'>,
    name: string,
    keep: (facts: readonly ArchiveFact[]) => void,
  ): ZipContentSink {
    const pieces: Buffer[] = [];
    let left = MAX_TEXT_BYTES[interest];
    return {
      write(piece) {
        left -= piece.length;
        if (left >= 0) pieces.push(Buffer.from(piece));
        return left >= 0;
      },
      end(problem) {
        if (left < 0)
          damaged(`${place.path}/${name}`, `a zip entry of more than ${MAX_TEXT_BYTES[interest]} bytes`);
        if (problem || left < 0) return;
        const facts = parseText(interest, name, Buffer.concat(pieces));
        keep(interest === 'manifest' ? facts : facts.filter(() => allowance.take()));
      },
    };
  }

  const zip = openZipStream({ wanted: (name) => interestIn(name) !== undefined, open });
  let isOver = false;
  return {
    write(piece) {
      sha1.update(piece);
      isOver ||= !zip.write(piece);
      return !isOver;
    },
    end() {
      const end = zip.end();
      if (isOver) damaged(place.path, 'a zip archive of more files than are read');
      else if (!end.hasDirectory) damaged(place.path, 'not a zip archive, or one that is cut');
      for (const name of end.unseen)
        damaged(`${place.path}/${name}`, 'a zip entry that is not where it should be');
      const facts = met.flatMap((one) => (end.isListed(one.header, one.position) ? one.facts : []));
      return end.hasDirectory && !isOver
        ? packagesOf(facts, { path: place.path, sha1: sha1.digest('hex') })
        : [];
    },
  };
}

/** Kept while it is small, as it is read more surely with its directory at hand. */
function openGrowing(place: ArchivePlace, allowance: Allowance, readWhole: ReadWhole): ArchiveStream {
  let kept: Buffer[] | undefined = [];
  let keptBytes = 0;
  let stream: ArchiveStream | undefined;
  return {
    write(piece) {
      if (stream) return stream.write(piece);
      kept?.push(Buffer.from(piece));
      keptBytes += piece.length;
      if (keptBytes <= MAX_KEPT_BYTES) return true;
      stream = openArchiveStream(place, allowance, readWhole);
      const all = kept ?? [];
      kept = undefined;
      return all.every((one) => stream?.write(one) === true);
    },
    end: () => (stream ? stream.end() : readWhole(Buffer.concat(kept ?? []), place, allowance)),
  };
}
