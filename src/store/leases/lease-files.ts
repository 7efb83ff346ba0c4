import { randomUUID } from 'node:crypto';
import { readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../base/errors.ts';
import { removeFile } from '../../base/remove-file.ts';
import { placeNew, readEntryFile, replaceFile, writeBeside } from '../entry-file.ts';
import { frame } from '../frame.ts';

/** A claim to a lease, as a file `<fence>` below the folder of its name. */
export interface Claim {
  readonly fence: number;
  readonly token: string;
  readonly ttlMs: number;
  /** Milliseconds since 1970; 0 once it was given back. */
  readonly expiresAt: number;
}

export interface ClaimPlace {
  readonly folder: string;
  readonly name: string;
}

/** More would be a folder of somebody else's. */
const MAX_CLAIMS = 1000;
/** Whoever could still write it has lost it by then. */
const FORGOTTEN_MS = 3_600_000;

export const newToken = (): string => randomUUID();

/** All claims that can be read, by rising fence. A damaged one counts as given back. */
export async function readClaims({ folder, name }: ClaimPlace): Promise<Claim[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const fences = names.filter((file) => /^\d{1,15}$/.test(file)).map(Number);
  fences.sort((a, b) => a - b);
  return await Promise.all(fences.slice(-MAX_CLAIMS).map((fence) => readClaim({ folder, name }, fence)));
}

export async function readClaim({ folder, name }: ClaimPlace, fence: number): Promise<Claim> {
  const found = await readEntryFile(join(folder, String(fence)), name);
  const [token, ttl] = found.kind === 'entry' ? Buffer.from(found.entry.value).toString().split(' ') : [];
  const isWhole = found.kind === 'entry' && token && Number(ttl) > 0;
  if (!isWhole) return { fence, token: '', ttlMs: 0, expiresAt: 0 };
  return { fence, token, ttlMs: Number(ttl), expiresAt: found.entry.expiresAt };
}

/** False when there is one of that fence already. */
export async function placeClaim(place: ClaimPlace, claim: Claim): Promise<boolean> {
  const path = join(place.folder, String(claim.fence));
  return await writeBeside(path, contentOf(place, claim), (temporary) => placeNew(temporary, path));
}

/** Puts one in the place of the same holder's. */
export async function replaceClaim(place: ClaimPlace, claim: Claim): Promise<void> {
  const path = join(place.folder, String(claim.fence));
  await replaceFile(path, contentOf(place, claim));
}

export async function removeClaim({ folder }: ClaimPlace, fence: number): Promise<void> {
  await removeFile(join(folder, String(fence))).catch(() => undefined);
}

/** Removes what is long over below a folder of folders of claims, and those that are empty then. */
export async function sweepClaims(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const claims = join(folder, name);
    for (const file of await readdir(claims).catch(() => [])) {
      const path = join(claims, file);
      const info = await stat(path).catch(() => undefined);
      if (!info || now - info.mtimeMs < FORGOTTEN_MS) continue;
      const found = await readEntryFile(path);
      if (found.kind !== 'entry' || found.entry.expiresAt < now - FORGOTTEN_MS)
        await removeFile(path).catch(() => undefined); // not ours, or gone
    }
    await rmdir(claims).catch(() => undefined); // it is not empty
  }
}

function contentOf({ name }: ClaimPlace, { token, ttlMs, expiresAt }: Claim): Buffer {
  return frame({ key: name, value: Buffer.from(`${token} ${ttlMs}`), expiresAt });
}
