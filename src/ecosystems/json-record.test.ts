import { expect, test } from 'vitest';
import { parseJson } from './json-record.ts';

test.each([
  ['lists', `[${'[],'.repeat(1_500_000)}[]]`],
  ['objects in each other', `${'['.repeat(2_500_000)}${']'.repeat(2_500_000)}`],
])('refuses absurdly many %s', (_, text) => {
  expect(parseJson(text)).toBeUndefined();
});

test('takes long texts', () => {
  expect(parseJson(`["${'[{'.repeat(3_000_000)}"]`)?.value).toHaveLength(1);
});
