import { headerOf, type HttpHeaders } from './transport.ts';

/** The `Content-Range` of an answer 206; undefined when it says nothing to go by. */
export function contentRange(headers: HttpHeaders): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d{1,15})-\d{1,15}\/(?:(\d{1,15})|\*)$/.exec(
    headerOf(headers, 'content-range')?.trim() ?? '',
  );
  if (!match) return undefined;
  return { start: Number(match[1]), total: match[2] === undefined ? undefined : Number(match[2]) };
}

/** `Content-Length`, where the body is sent as it is. */
export function lengthOf(headers: HttpHeaders): number | undefined {
  const text = headerOf(headers, 'content-length');
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  return encoding === 'identity' && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
