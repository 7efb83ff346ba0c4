import type { AnalyzerSession, FileResult } from '../../analysis/analyzer.ts';
import { MOST_OF_ONE_LAYER, readRpmDatabase, type RpmDatabase } from './read-database.ts';

const SQLITE = '.sqlite';
const WAL = '-wal';
/** Room for one database and one log of the greatest size that is taken at all. */
const MAX_HELD_BYTES = 512 << 20;

/** One layer's rpm databases. Those in SQLite wait for their logs, which may come before them or after. */
export function beginDatabases(isUsualPlace: (path: string) => boolean): AnalyzerSession {
  const allowance = { ...MOST_OF_ONE_LAYER };
  const databases = new Map<string, Uint8Array>();
  const logs = new Map<string, Uint8Array>();
  const results = new Map<string, FileResult>();
  let heldBytes = 0;

  function hold(held: Map<string, Uint8Array>, path: string, content: Uint8Array): void {
    if (heldBytes + content.length > MAX_HELD_BYTES) readHeld();
    heldBytes += content.length - (held.get(path)?.length ?? 0);
    // Not slice(): that of a Buffer is a view, and layers come in pieces of one reused Buffer.
    held.set(path, new Uint8Array(content));
  }

  /** What some database elsewhere says of files is not what this system holds. */
  function read(database: RpmDatabase): FileResult {
    const { installedFiles, ...rest } = readRpmDatabase(database, allowance);
    return { ...rest, ...(installedFiles && isUsualPlace(database.path) && { installedFiles }) };
  }

  function readHeld(): void {
    for (const [path, content] of databases) {
      const wal = logs.get(path);
      results.set(path, read({ path, content, ...(wal && { wal }) }));
    }
    for (const [path, wal] of logs) {
      if (wal.length > 0 && !databases.has(path)) results.set(path + WAL, lonelyLog());
    }
    databases.clear();
    logs.clear();
    heldBytes = 0;
  }

  return {
    add({ path, content }) {
      if (path.endsWith(SQLITE)) hold(databases, path, content);
      else if (path.endsWith(WAL)) hold(logs, path.slice(0, -WAL.length), content);
      // The other formats stand alone: no need to hold them.
      else if (isUsualPlace(path) || looksLikeDatabase(content)) {
        return read({ path, content });
      }
      return undefined;
    },
    end() {
      readHeld();
      return results;
    },
  };
}

/** Elsewhere a file called `Packages` is mostly an index of some archive. */
function looksLikeDatabase(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < 16) return false;
  return (
    bytes.toString('latin1', 0, 4) === 'RpmP' ||
    [bytes.readUInt32LE(12), bytes.readUInt32BE(12)].includes(0x00061561)
  );
}

function lonelyLog(): FileResult {
  const message = 'changes to a package database that is not beside them in this layer; they were not read';
  return { diagnostics: [{ code: 'RPM_WAL_WITHOUT_DATABASE', message }] };
}
