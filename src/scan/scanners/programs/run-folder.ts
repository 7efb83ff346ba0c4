import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from '../../../base/at-exit.ts';
import { makeFolder } from '../../../base/make-folder.ts';

/** A folder for one run of a program, which may hold a login: it is gone with the run. */
export interface RunFolder extends AsyncDisposable {
  readonly path: string;
}

/** Clocks of machines that share the folder differ, and programs need a while to end. */
const SPARE_SECONDS = 600;

/**
 * Makes a folder with the time in its name when nobody needs it any more. Those of processes that were killed are
 * removed by whoever comes after that time.
 *
 * @param timeoutMs how long the run may take
 */
export async function openRunFolder(above: string, timeoutMs: number): Promise<RunFolder> {
  await makeFolder(above);
  await removeForgotten(above);
  const until = Math.ceil((Date.now() + timeoutMs) / 1000) + SPARE_SECONDS;
  const path = await mkdtemp(join(above, `until-${until}-`)); // for its owner alone
  const exit = atExit(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      exit[Symbol.dispose]();
    },
  };
}

async function removeForgotten(above: string): Promise<void> {
  const now = Date.now() / 1000;
  for (const name of await readdir(above)) {
    const until = /^until-(\d{1,12})-/.exec(name)?.[1];
    if (until === undefined || Number(until) >= now) continue;
    await rm(join(above, name), { recursive: true, force: true }).catch(() => undefined); // the next one may
  }
}
