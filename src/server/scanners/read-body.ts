import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import { malformed } from '../harbor/refusal.ts';

const BOUNDS = { depth: 20, containers: 5000 };

/** The JSON of a request, whatever its Content-Type says. @throws HarborRefusal */
export function readBody(body: unknown): unknown {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  if (!isWithinJsonBounds(bytes, BOUNDS)) throw malformed('the body holds more than such a request can');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw malformed('the body is not JSON');
  }
}
