import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ProgramFailure, runProgram } from './run-program.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'drydock-programs-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const run = (program: string, args: string[], more: object = {}) =>
  runProgram(program, args, { signal, environment: {}, folder, timeoutMs: 20_000, ...more });

async function failureOf(task: Promise<unknown>): Promise<ProgramFailure> {
  const error: unknown = await task.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof ProgramFailure) return error;
  throw new Error('it did not fail as programs do', { cause: error });
}

describe('a program', () => {
  it.each([
    ['is not there', '/nowhere/at-all', 'missing'],
    ['lies below a file', '/bin/sh/x', 'missing'],
  ])('that %s fails as one', async (_what, program, fault) => {
    expect(await failureOf(run(program, []))).toMatchObject({ fault });
  });

  it('that cannot be given what it is to see fails without telling it', async () => {
    const environment = { PASSWORD: 'hunter2\0' };
    const failure = await failureOf(run('/bin/sh', ['-c', ':'], { environment }));
    expect(failure.fault).toBe('unusable');
    expect([failure.message, String(failure.cause)].join()).not.toContain('hunter2');
    const long = await failureOf(run('/bin/sh', ['-c', ':'], { environment: { LONG: 'x'.repeat(3 << 20) } }));
    expect(long.fault).toBe('unusable');
  });

  it('that no file is left for fails alone, and not the whole process', async () => {
    const probe = join(folder, 'probe.mjs');
    buildSync({
      stdin: {
        contents: `
          import { openSync } from 'node:fs';
          import { runProgram } from ${JSON.stringify(join(import.meta.dirname, 'run-program.ts'))};
          await new Promise((done) => setTimeout(done, 50));
          try { for (;;) openSync('/dev/null', 'r'); } catch {}
          const { signal } = new AbortController();
          const run = { signal, environment: {}, folder: '/', timeoutMs: 5000 };
          const error = await runProgram('/bin/sh', ['-c', ':'], run).catch((cause) => cause);
          await new Promise((done) => setTimeout(done, 50));
          process.stdout.write(String(error.fault));
        `,
        resolveDir: import.meta.dirname,
      },
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: probe },
    });
    const command = `ulimit -n 64; exec "$0" "$1"`;
    const end = await run('/bin/sh', ['-c', command, process.execPath, probe], { maxResultBytes: 1000 });
    expect({ code: end.code, told: end.result.toString() }).toEqual({ code: 0, told: 'unusable' });
  });

  it('is not sent anything once it is gone', async () => {
    const [controller, kill] = [new AbortController(), vi.spyOn(process, 'kill')];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const task = run('/bin/sh', ['-c', 'exec sleep 60'], { signal: controller.signal });
      controller.abort(new Error('called off'));
      await expect(task).rejects.toThrow('called off');
      const sent = kill.mock.calls.length;
      vi.advanceTimersByTime(60_000);
      expect(kill.mock.calls).toHaveLength(sent);
    } finally {
      vi.useRealTimers();
      kill.mockRestore();
    }
  });

  it('ends with the process that runs it, even where it does not want to', async () => {
    const [probe, pid] = [join(folder, 'exits.mjs'), join(folder, 'pid')];
    buildSync({
      stdin: {
        contents: `
          import { runProgram } from ${JSON.stringify(join(import.meta.dirname, 'run-program.ts'))};
          const { signal } = new AbortController();
          const script = "trap '' TERM; echo $$ > pid; while :; do sleep 1; done";
          const run = { signal, environment: process.env, folder: process.argv[2], timeoutMs: 60000 };
          // First, as the signal may come as soon as the program runs.
          process.on('SIGTERM', () => process.exit(3));
          void runProgram('/bin/sh', ['-c', script], run);
        `,
        resolveDir: import.meta.dirname,
      },
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: probe },
    });
    await writeFile(pid, '');
    const own = spawn(process.execPath, [probe, folder], { stdio: 'ignore' });
    await vi.waitFor(async () => expect(await readFile(pid, 'utf8')).toMatch(/\d\n/), { timeout: 10_000 });
    own.kill('SIGTERM');
    expect(await once(own, 'exit')).toEqual([3, null]);
    const child = Number(await readFile(pid, 'utf8'));
    await vi.waitFor(() => expect(isAlive(child)).toBe(false), { timeout: 5000 });
  });
});

/** What nobody has waited for yet is gone, too: its command line is empty. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}
