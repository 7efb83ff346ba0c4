import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { packageResolved } from './lock-files.ts';

test.each([
  [
    1,
    '{"object":{"pins":[\n{"package":"Nimble","repositoryURL":"https://github.com/Quick/Nimble.git","state":{"branch":null,"revision":"e","version":"7.0.1"}}]},"version":1}',
    ['github.com/Quick/Nimble@7.0.1'],
  ],
  [
    2,
    '{"pins":[{"identity":"n","location":"https://github.com/Quick/Nimble.git","state":{"revision":"e","version":"9.2.1"}},\n{"location":"https://github.com/Quick/Quick","state":{"branch":"main","revision":"aa"}}],"version":2}',
    ['github.com/Quick/Nimble@9.2.1', 'github.com/Quick/Quick@main'],
  ],
])('Package.resolved of format %d', (_, text, expected) => {
  const result = analyzeFiles(packageResolved, { 'Package.resolved': text }).get('Package.resolved');
  expect(told(result)).toEqual(expected);
  expect(result?.packages?.at(-1)?.locations).toEqual([{ startLine: 2, endLine: 2 }]);
});
