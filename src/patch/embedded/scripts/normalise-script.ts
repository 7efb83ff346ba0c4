import { createHash } from 'node:crypto';

/** What differs from one version and one package to the next without meaning anything else. */
export interface ScriptOwner {
  readonly name: string;
  readonly version: string;
}

/**
 * A maintainer script without comments, empty lines, its package's own version and name, so that a review of it holds
 * for the next version too, and one of a template of debhelper for all packages that use it.
 */
export function normaliseScript(text: string, { name, version }: ScriptOwner): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line, at) => at === 0 || (line !== '' && !line.trimStart().startsWith('#')))
    .join('\n')
    .replaceAll(version === '' ? '\0' : version, '@VERSION@')
    .split(/([A-Za-z0-9][A-Za-z0-9+.-]*)/)
    .map((word) => (word === name ? '@PACKAGE@' : word))
    .join('');
}

/** SHA-256 of the normalised text, hexadecimal: the key of the catalogue. */
export function scriptKey(text: string, owner: ScriptOwner): string {
  return createHash('sha256').update(normaliseScript(text, owner)).digest('hex');
}
