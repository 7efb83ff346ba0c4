import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hexOf, toDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { openPages, type Pages } from '../../codec/bbolt/pages.ts';
import { DATABASE_FILE, openDatabaseFile, SOURCE_ID } from '../trivy-db/trivy-db.ts';
import { ecosystemsIn } from './bucket-ecosystems.ts';
import { advisoryName, unknownDiff, type CompareVersions, type DatabaseDiff } from './database-diff.ts';
import {
  differences,
  forOneWalk,
  holdsTheSame,
  isBucket,
  treeAt,
  type Difference,
  type Tree,
} from './tree-difference.ts';

const VULNERABILITIES = 'vulnerability';
const DATA_SOURCES = 'data-source';
const PRODUCTS = 'Red Hat CPE';
/** Of the products' buckets, those that decide which advisories count; the third is for people. */
const DECIDING: ReadonlySet<string> = new Set(['repository', 'nvr']);
const RED_HAT = 'Red Hat';

/** Of each file. Only the way down to what is being looked at is needed. */
const CACHE_BYTES = 4 << 20;
/** Beyond this, a walk over everything costs less than keeping names. */
const MAX_NAMES = 2_000_000;

/**
 * Walks two databases side by side. Pages are read as they are needed and not kept, so that the size of the files does
 * not matter; other work is let in all the time.
 *
 * @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT, DATABASE_LIMIT
 */
export async function diffDatabases(
  oldPath: string,
  newPath: string,
  { signal }: Signal,
): Promise<DatabaseDiff> {
  const before = openDatabaseFile(oldPath);
  try {
    const after = openDatabaseFile(newPath);
    try {
      const pages = {
        before: forOneWalk(openPages(before.read, before.sizeBytes, CACHE_BYTES)),
        after: forOneWalk(openPages(after.read, after.sizeBytes, CACHE_BYTES)),
      };
      return await walk(pages, { signal });
    } finally {
      after.close();
    }
  } finally {
    before.close();
  }
}

/**
 * Compares two databases that lie below a root as they were installed. When the older one has been removed, everything
 * may have changed.
 *
 * @param root the directory of this kind of database
 */
export function compareInstalled(root: string): CompareVersions {
  const pathOf = (text: string): string | undefined => {
    const digest = toDigest(text);
    return digest && join(root, hexOf(digest), DATABASE_FILE);
  };
  return async (before, after, options) => {
    const [oldPath, newPath] = [pathOf(before.digest), pathOf(after.digest)];
    if (oldPath === undefined || newPath === undefined) return unknownDiff(`${SOURCE_ID} names no file`);
    try {
      return await diffDatabases(oldPath, newPath, options);
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
      return unknownDiff(`the databases cannot be compared: ${error.message}`);
    }
  };
}

interface Both {
  readonly before: Pages;
  readonly after: Pages;
}

interface Collected {
  readonly changed: Set<string>;
  readonly vulnerabilities: Set<string>;
}

type Handle = (difference: Difference, top: string) => void;

async function walk(pages: Both, options: Signal): Promise<DatabaseDiff> {
  options.signal.throwIfAborted();
  const found: Collected = { changed: new Set(), vulnerabilities: new Set() };
  const roots = {
    before: { pages: pages.before, root: pages.before.node(pages.before.rootPage) },
    after: { pages: pages.after, root: pages.after.node(pages.after.rootPage) },
  };
  await each(roots.before, roots.after, options, async (top) => {
    const name = top.key.toString();
    const [before, after] = [treeAt(pages.before, top.before), treeAt(pages.after, top.after)];
    if (!isKnown(name)) return;
    // Whether an ecosystem is known at all is told in reports.
    if (!before || !after) wholly(name, found);
    const handle = handlerOf(name, pages, found);
    await each(before, after, options, (difference) => handle(difference, name));
    const tooMany = found.changed.size + found.vulnerabilities.size > MAX_NAMES;
    if (tooMany) throw new DrydockError('DATABASE_LIMIT', `more than ${MAX_NAMES} names differ`);
  });
  return found;
}

function isKnown(top: string): boolean {
  return [VULNERABILITIES, DATA_SOURCES, PRODUCTS].includes(top) || ecosystemsIn(top).length > 0;
}

function handlerOf(top: string, pages: Both, found: Collected): Handle {
  if (top === VULNERABILITIES) return ({ key }) => void found.vulnerabilities.add(key.toString());
  if (top === DATA_SOURCES) return ({ key }) => wholly(key.toString(), found);
  if (top === PRODUCTS)
    return (difference) => {
      if (DECIDING.has(difference.key.toString()) && differs(difference, pages)) wholly(RED_HAT, found);
    };
  const ecosystems = ecosystemsIn(top);
  return (difference) => {
    if (!differs(difference, pages)) return;
    const name = difference.key.toString();
    for (const ecosystem of ecosystems) found.changed.add(advisoryName(ecosystem, name));
  };
}

function wholly(bucket: string, { changed }: Collected): void {
  for (const ecosystem of ecosystemsIn(bucket)) changed.add(advisoryName(ecosystem));
}

/** False for buckets on pages of their own that hold the same all the same. */
function differs({ before, after }: Difference, pages: Both): boolean {
  if (!isBucket(before) || !isBucket(after)) return true;
  return !holdsTheSame(treeAt(pages.before, before), treeAt(pages.after, after));
}

async function each(
  before: Tree | undefined,
  after: Tree | undefined,
  { signal }: Signal,
  handle: (difference: Difference) => Promise<void> | void,
): Promise<void> {
  for (const difference of differences(before, after)) {
    if (difference) await handle(difference);
    else {
      await setImmediate();
      signal.throwIfAborted();
    }
  }
}
