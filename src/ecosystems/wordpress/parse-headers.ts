import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { damaged } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';

/** WordPress itself reads no further for headers. */
const HEAD_BYTES = 8 << 10;
const MAX_LINES = 2_000;

/** The release of WordPress that `wp-includes/version.php` assigns. */
export function parseCoreVersion(content: Uint8Array, path: string): FileResult {
  for (const line of headOf(content)) {
    const text = line.trim();
    if (!text.startsWith('$wp_version')) continue;
    const version = versionIn(quotedAfter(text, '='));
    if (version !== undefined) return { packages: [toPackage('wordpress', version, [], path)] };
  }
  return damaged('the file says no version of WordPress');
}

/** What follows `after` if it is a quoted text without variables or escapes. */
function quotedAfter(text: string, after: string): string | undefined {
  const rest = text.slice(text.indexOf(after) + 1).trimStart();
  const quote = rest.charAt(0);
  if (quote !== "'" && quote !== '"') return undefined;
  const end = rest.indexOf(quote, 1);
  const value = end < 0 ? '' : rest.slice(1, end);
  return /[\\$]/.test(value) ? undefined : value;
}

/**
 * A plugin or theme by the comment at the head of its main file; any other file has none.
 *
 * @param kind header that makes it one
 * @param name the folder that it is installed in, which is its name in the directory of WordPress
 * @see https://developer.wordpress.org/plugins/plugin-basics/header-requirements/
 */
export function parseExtension(
  content: Uint8Array,
  path: string,
  kind: 'Plugin Name' | 'Theme Name',
  name: string,
): FileResult | undefined {
  const headers = new Map<string, string>();
  for (const line of headOf(content)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const header = line
      .slice(0, colon)
      .replace(/^[\s/*#@]+/, '')
      .trimEnd();
    const value = line
      .slice(colon + 1)
      .replace('*/', '')
      .replace('?>', '')
      .trim();
    if (!headers.has(header)) headers.set(header, value);
  }
  const version = versionIn(headers.get('Version'));
  if (!headers.get(kind) || version === undefined || nameIn(name) === undefined) return undefined;
  return { packages: [toPackage(name, version, licensesIn([headers.get('License')]), path)] };
}

function headOf(content: Uint8Array): string[] {
  const length = Math.min(content.length, HEAD_BYTES);
  const text = Buffer.from(content.buffer, content.byteOffset, length).toString('utf8');
  return text.split(/\r\n|\r|\n/, MAX_LINES);
}

function toPackage(name: string, version: string, licenses: readonly string[], path: string): Package {
  return { type: 'wordpress', name, version, licenses, application: 'wordpress', paths: [path] };
}
