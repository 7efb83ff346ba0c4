import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePathHashes, hashesOf, openPathHashes } from './path-hashes.ts';

test('what was added is there after a round trip, and nothing else', () => {
  const path = fc
    .array(fc.stringMatching(/^[a-z.ä]{1,6}$/), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(path), path, (paths, other) => {
      const hashes = openPathHashes();
      for (const each of paths) hashes.add(each);
      const found = decodePathHashes(hashes.encode());
      const holds = (wanted: string): boolean => found.has(hashesOf(wanted).at(-1) ?? 0);
      expect(paths.every(holds)).toBe(true);
      expect(holds(other)).toBe(paths.includes(other));
      expect(hashes.size).toBe(paths.length);
    }),
  );
});

test('directories on the way have the hashes that they have by themselves', () => {
  expect(hashesOf('a/bc/d')).toEqual([
    ...hashesOf('a'),
    ...hashesOf('a/bc').slice(-1),
    ...hashesOf('a/bc/d').slice(-1),
  ]);
});

test.each([[''], ['no base64 !'], ['AAAA']])('%j does no harm', (text) => {
  expect(decodePathHashes(text).has(hashesOf('etc/passwd').at(-1) ?? 0)).toBe(false);
});
