import { DrydockError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Host } from './command.ts';

const PASSWORD_BYTES_MAX = 64 << 10;

/**
 * The password: the environment's, or with `--password-stdin` all of standard input less one line end.
 * @throws DrydockError USAGE_INVALID, CREDENTIALS_INVALID
 */
export async function readPassword(
  config: Config,
  images: readonly string[],
  stdin: Host['stdin'],
): Promise<string | undefined> {
  if (!config.passwordStdin) return config.password;
  if (images.some((image) => image === '-' || /^(?:oci|docker)-archive:-/.test(image))) {
    throw new DrydockError('USAGE_INVALID', 'standard input cannot hold both an image and a password', {
      hint: 'Set DRYDOCK_PASSWORD instead of --password-stdin.',
    });
  }
  if (stdin.isTTY) {
    throw new DrydockError('USAGE_INVALID', '--password-stdin needs a pipe or a file on standard input');
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    if ((size += chunk.length) > PASSWORD_BYTES_MAX) break;
  }
  const password = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');

  if (password === '' || size > PASSWORD_BYTES_MAX || /[\u0000-\u001f]/.test(password)) {
    throw new DrydockError('CREDENTIALS_INVALID', 'standard input holds no usable password');
  }
  return password;
}
