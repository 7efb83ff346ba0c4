import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { composerLock } from './lock-files.ts';

test('composer.lock parts what is for development', () => {
  const text =
    '{"packages":[\n{"name":"g/guzzle","version":"7.4.4","license":["MIT"],\n"require":{"php":">=7","G/psr7":"^1"}},\n{"name":"g/psr7","version":"2.1.0"}],"packages-dev":[{"name":"p/unit","version":"9.0.0"},{"name":7}]}';
  const files = {
    'composer.lock': text,
    'composer.json': '{"require":{"g/Guzzle":"^7"},"require-dev":{"p/unit":"^9"}}',
  };
  const result = analyzeFiles(composerLock, files).get('composer.lock');
  expect(told(result)).toEqual([
    'g/guzzle@7.4.4 direct > g/psr7@2.1.0',
    'g/psr7@2.1.0 indirect',
    'p/unit@9.0.0 direct dev',
  ]);
  expect(result?.packages?.[0]).toMatchObject({
    licenses: ['MIT'],
    locations: [{ startLine: 2, endLine: 3 }],
  });
});
