import { redacted } from '../../base/redacted.ts';

const MAX_CHARS = 300;
const MAX_READ_CHARS = 4000;
const ADDRESS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)}]{1,2000}/gi;
/** `host:port` and addresses of machines, which errors of the network name. */
const HOST_AND_PORT = /(?<![\w.:-])(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9.-]{0,250}):\d{2,5}(?!\w|:\w)/gi;
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)/g;
const TOKEN = /\b(bearer|basic)[ :]+[a-z0-9+/=._~-]{8,8192}/gi;
const JWT = /\beyJ[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9._-]{1,8192}/g;
/** What a terminal would obey: colours, for the most part. */
const COMMANDS = /\u001b\[[0-9;?]{0,20}[A-Za-z]/g;
const MARKS = /[^\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff]+/g;

/**
 * What a scanner says of a failure, fit for whoever asked for the scan: on one line, bounded, and without addresses
 * and logins. Undefined when nothing is left of it.
 */
export function foreignWords(text: string, secrets: readonly string[] = []): string | undefined {
  const plain = text.slice(0, MAX_READ_CHARS).replace(COMMANDS, '').replace(ADDRESS, '[address]');
  const told = redacted(plain, secrets)
    .replace(TOKEN, '$1 [secret]')
    .replace(JWT, '[secret]')
    .replace(HOST_AND_PORT, '[address]')
    .replace(IPV4, '[address]')
    .replace(MARKS, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (told === '') return undefined;
  return told.length > MAX_CHARS ? `${told.slice(0, MAX_CHARS)}…` : told;
}
