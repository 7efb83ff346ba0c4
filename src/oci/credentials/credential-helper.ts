import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Signal } from '../../base/signal.ts';
import { DrydockError } from '../../base/errors.ts';
import { isObject, parseJson } from '../json.ts';
import { quoted } from '../quoted.ts';
import { passwordCredential, type RegistryCredential } from './credential.ts';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** What the protocol has a program say, with exit code 1, when it simply knows nothing. */
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * Asks the program `docker-credential-NAME` for what it knows of a server.
 * Nothing of what the program wrote enters an error, since it may be the secret.
 *
 * @param path folders to look for the program in, as in `PATH`; undefined means where this process would look
 * @throws DrydockError CREDENTIAL_HELPER_FAILED
 * @see https://github.com/docker/docker-credential-helpers
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  path: string | undefined,
  options: Signal,
): Promise<RegistryCredential | undefined> {
  if (!NAME.test(name)) throw failed(quoted(name), 'is not the name of one');
  const program = `docker-credential-${name}`;
  const file = path === undefined ? program : await locate(program, path);
  if (file === undefined) throw failed(program, 'is not in PATH');
  const output = await run(file, program, server, options);
  return output === undefined ? undefined : toCredential(output, program);
}

async function locate(program: string, path: string): Promise<string | undefined> {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  // A relative folder would run what lies in the current one.
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  for (const file of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false; // the next folder may have it
  }
}

/** What the program wrote; undefined when it knows no credentials. */
function run(file: string, program: string, server: string, { signal }: Signal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limits = {
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
      killSignal: 'SIGKILL',
      signal,
    } as const;
    const child = execFile(file, ['get'], limits, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (signal.aborted) reject(signal.reason as Error);
      else if (stdout.trim() === NOT_FOUND) resolve(undefined);
      else reject(failed(program, problemOf(error)));
    });
    child.stdin?.on('error', () => undefined); // it may have ended without reading
    child.stdin?.end(server);
  });
}

function problemOf(error: Error & { code?: unknown; killed?: boolean }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `wrote more than ${MAX_OUTPUT_BYTES} bytes`;
  if (error.killed === true) return `did not answer within ${TIMEOUT_MS / 1000} s`;
  if (error.code === 'ENOENT') return 'is not in PATH';
  return typeof error.code === 'number' ? `failed with exit code ${error.code}` : 'could not be run';
}

function toCredential(output: string, program: string): RegistryCredential | undefined {
  const answer = parseJson(Buffer.from(output), {
    code: 'CREDENTIAL_HELPER_FAILED',
    of: `the answer of ${program}`,
  });
  if (!isObject(answer)) throw failed(program, 'did not answer with a JSON object');
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(program, 'gave no Username and Secret');
  return username === '' && secret === '' ? undefined : passwordCredential(username, secret);
}

function failed(program: string, problem: string): DrydockError {
  return new DrydockError('CREDENTIAL_HELPER_FAILED', `credential helper ${program} ${problem}`, {
    hint: `Try it by hand (echo HOST | ${program} get), or remove it from credHelpers and credsStore of Docker's config.json.`,
  });
}
