import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';
import { toUrl } from '../../oci/registry/urls.ts';
import { isFetchable, withoutSecrets } from './fetch-file.ts';

/** Where the data of a table come from. */
export type Input =
  | { readonly kind: 'url'; readonly url: URL; readonly name: string }
  | { readonly kind: 'path'; readonly path: string; readonly name: string };

/**
 * The input that a text names: an http(s) URL, or a path.
 * @throws DrydockError CONFIG_INVALID
 */
export function toInput(text: string): Input {
  if (!/^https?:\/\//i.test(text)) return { kind: 'path', path: resolve(text), name: text };
  const url = toUrl(text);
  if (!url || !isFetchable(url))
    throw new DrydockError('CONFIG_INVALID', 'a database is named by a URL that is none');
  if (url.username !== '' || url.password !== '') {
    throw new DrydockError('CONFIG_INVALID', `the URL ${withoutSecrets(url)} holds a user name or password`, {
      hint: 'Fetch the file yourself, and name its path.',
    });
  }
  return { kind: 'url', url, name: withoutSecrets(url) };
}

/** Names the directory of an input's tables. */
export function directoryNameOf(input: Input): string {
  const text = input.kind === 'url' ? input.url.href : `file:${input.path}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * What tells one state of a file from another without reading it.
 * @throws DrydockError SOURCE_NOT_FOUND
 */
export async function fileStamp(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    return `${size}-${mtimeMs}-${ino}`;
  } catch (cause) {
    const problem = hasErrno(cause, 'ENOENT', 'ENOTDIR') ? 'does not exist' : messageOf(cause);
    throw new DrydockError('SOURCE_NOT_FOUND', `${path} ${problem}`, { cause });
  }
}
