import { isObject, parseAnswer } from '../answer-json.ts';
import type { ScannerIdentity } from '../scanner.ts';

const VERSION = /\bv?(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?(?:[-+][0-9A-Za-z.-]{1,60})?)/;
const MAX_CHARS = 100;

/** What a program says of itself, as JSON or as a text in which there is a version. */
export function readVersion(text: string, name: string, vendor: string): ScannerIdentity {
  const value = parseAnswer(Buffer.from(text));
  const said = value?.['Version'] ?? value?.['version'];
  const version =
    typeof said === 'string' && said !== ''
      ? said.slice(0, MAX_CHARS)
      : VERSION.exec(text.slice(0, 4000))?.[1];
  const database = value?.['VulnerabilityDB'];
  const updatedAt = isObject(database) ? database['UpdatedAt'] : undefined;
  const isTime = typeof updatedAt === 'string' && !Number.isNaN(Date.parse(updatedAt));
  return {
    name,
    vendor,
    version: version ?? 'unknown',
    ...(isTime && { databaseUpdatedAt: new Date(updatedAt).toISOString() }),
  };
}
