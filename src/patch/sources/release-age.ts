import { DrydockError } from '../../base/errors.ts';
import type { AptSource } from './apt-source.ts';
import type { Release } from './release.ts';
import { untrusted } from './signed-text.ts';

/** Remembers the newest date of each archive, so that nobody can show an old state of it again. Kept by the caller. */
export interface DateMemory {
  /** RFC 3339. */
  get(key: string): Promise<string | undefined>;
  put(key: string, date: string): Promise<void>;
}

export interface AgeCheck {
  readonly url: string;
  readonly now: Date;
  readonly dates: DateMemory | undefined;
  /** Takes what is no longer valid, as a mirror that is held still gives it. */
  readonly allowExpired: boolean;
}

/** Clocks differ by so much. */
const MAX_AHEAD_MS = 10 * 60_000;

/**
 * Checks that a release is of the suite that was asked for, valid now, and not older than one that was seen before.
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_EXPIRED, ARCHIVE_ROLLED_BACK
 */
export async function checkRelease(release: Release, source: AptSource, check: AgeCheck): Promise<void> {
  checkSuite(release, source, check.url);
  const { now, url, allowExpired, dates } = check;
  if (release.date.getTime() > now.getTime() + MAX_AHEAD_MS) {
    throw new DrydockError('ARCHIVE_EXPIRED', `${url} is from the future: ${release.date.toISOString()}`, {
      hint: 'Check the clock of this machine.',
    });
  }
  if (release.validUntil && release.validUntil < now && !allowExpired) {
    const until = release.validUntil.toISOString();
    throw new DrydockError('ARCHIVE_EXPIRED', `${url} was valid until ${until}`, {
      hint: 'The mirror is out of date, or somebody shows an old state of the archive.',
    });
  }
  await checkRollback(release, url, dates);
}

/** A mirror could give one suite for another: both are signed by the same key. */
function checkSuite({ suite, codename }: Release, source: AptSource, url: string): void {
  if (source.suite.endsWith('/')) return;
  const wanted = [source.suite, source.suite.replace(/\/updates$/, '')];
  const named = [suite, codename].filter((name) => name !== '');
  if (named.length === 0 || named.some((name) => wanted.includes(name.replace(/\/updates$/, '')))) return;
  throw untrusted(url, `it is the release of ${named.join(' or ')}`);
}

async function checkRollback(release: Release, url: string, dates: DateMemory | undefined): Promise<void> {
  const key = dateKeyOf(release);
  const newest = await dates?.get(key);
  const date = release.date.toISOString();
  const before = newest === undefined ? Number.NaN : Date.parse(newest);
  if (before > release.date.getTime()) {
    throw new DrydockError(
      'ARCHIVE_ROLLED_BACK',
      `${url} is of ${date}, but one of ${newest} was seen before`,
      {
        hint: 'The mirror is out of date, or somebody shows an old state of the archive.',
      },
    );
  }
  if (before !== release.date.getTime()) await dates?.put(key, date);
}

/** By codename where there is one: a suite such as `stable` is another one after each release. */
export function dateKeyOf({ origin, label, codename, suite }: Release): string {
  return JSON.stringify([origin, label, codename || suite]);
}
