import { DrydockError } from '../../base/errors.ts';
import type { ListenOptions } from '../../server/listen-safety.ts';

/** @throws DrydockError CONFIG_INVALID */
export function parseListen(text: string): ListenOptions {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/[\]]*)):(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new DrydockError('CONFIG_INVALID', `cannot listen on ${JSON.stringify(text)}`, {
      hint: 'Write host:port, like localhost:4954, 0.0.0.0:4954 or [::1]:4954.',
    });
  }
  return { host: bracketed ?? (plain === '' ? '0.0.0.0' : (plain ?? '')), port: Number(port) };
}
