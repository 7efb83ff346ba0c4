import { readFile, stat } from 'node:fs/promises';
import { notices } from '../../base/channels.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Caller, Scope } from '../caller.ts';
import { watchFiles } from '../watch-files.ts';
import { isScope } from './scopes.ts';
import { tokenList, type StaticToken, type TokenList } from './tokens.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_TOKENS = 10_000;
const DEFAULT_INTERVAL_MS = 5000;

/** The tokens of a file, as it is now. */
export interface TokenFile extends Disposable {
  readonly find: TokenList;
}

/**
 * Reads tokens from a file and again whenever it changes. A file that can no longer be read leaves those that were
 * known in force, and a notice says so (`TOKEN_FILE_INVALID`).
 *
 * @throws DrydockError CONFIG_INVALID when it cannot be read the first time
 */
export async function openTokenFile(path: string, intervalMs = DEFAULT_INTERVAL_MS): Promise<TokenFile> {
  let current = await readTokens(path);
  const reload = async (): Promise<void> => {
    try {
      current = await readTokens(path);
      notices.publish({ code: 'TOKEN_FILE_READ', message: `tokens were read again from ${path}` });
    } catch (error) {
      const message = `the tokens of ${path} stay as they were: ${messageOf(error)}`;
      notices.publish({ code: 'TOKEN_FILE_INVALID', message });
    }
  };
  const watch = watchFiles([path], intervalMs, () => void reload());
  return {
    find: (secret): Caller | undefined => current(secret),
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

async function readTokens(path: string): Promise<TokenList> {
  return tokenList(parseTokenFile(await readBounded(path), path));
}

async function readBounded(path: string): Promise<string> {
  try {
    if ((await stat(path)).size <= MAX_BYTES) return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DrydockError('CONFIG_INVALID', `token file ${path} cannot be read`, { cause });
  }
  throw new DrydockError('CONFIG_INVALID', `token file ${path} is larger than ${MAX_BYTES} bytes`);
}

/**
 * Lines of `name:scope[,scope]:sha256`; empty ones and those that begin with `#` are skipped.
 *
 * @throws DrydockError CONFIG_INVALID, which names the line but quotes nothing of it
 */
export function parseTokenFile(text: string, path: string): StaticToken[] {
  const tokens = text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseLine(trimmed, `${path}:${index + 1}`)];
  });
  if (tokens.length > MAX_TOKENS) {
    throw new DrydockError('CONFIG_INVALID', `token file ${path} has more than ${MAX_TOKENS} tokens`);
  }
  return tokens;
}

function parseLine(line: string, place: string): StaticToken {
  const [name = '', scopeText = '', sha256 = '', ...rest] = line.split(':').map((part) => part.trim());
  const words = scopeText.split(',').map((word) => word.trim());
  const scopes: Scope[] = words.filter(isScope);
  if (name === '' || scopes.length !== words.length || sha256.length !== 64 || rest.length > 0) {
    throw new DrydockError('CONFIG_INVALID', `${place} is no token`, {
      hint: 'A line is name:scope[,scope]:sha256, with the scopes read, scan and admin.',
    });
  }
  return { name, scopes, sha256 };
}
