import { MAX_COORDINATE_CHARS, type Coordinates } from './coordinates.ts';

/**
 * Coordinates from a `pom.properties`, which Maven puts into what it builds.
 * Undefined when one of the three is missing.
 */
export function parsePomProperties(content: Uint8Array): Required<Coordinates> | undefined {
  const values = new Map<string, string>();
  for (const line of Buffer.from(content).toString('utf8').split('\n')) {
    const text = line.trim();
    if (text.startsWith('#') || text.startsWith('!')) continue;
    const separator = text.search(/[=:]/);
    if (separator > 0) values.set(text.slice(0, separator).trimEnd(), text.slice(separator + 1).trimStart());
  }
  const [group = '', artifact = '', version = ''] = ['groupId', 'artifactId', 'version'].map((key) =>
    values.get(key),
  );
  const isWhole = [group, artifact, version].every(
    (text) => text !== '' && text.length <= MAX_COORDINATE_CHARS,
  );
  return isWhole ? { group, artifact, version } : undefined;
}
