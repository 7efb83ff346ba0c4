import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { gemfileLock } from './lock-files.ts';

test('Gemfile.lock names gems of all sources, each once for all platforms', () => {
  const text = `GIT
  remote: https://github.com/x/y.git
  specs:
    y (0.2.0)
      rack (>= 1)

PATH
  remote: .
  specs:
    mine (0.1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.13.0-arm64-darwin)
      racc (~> 1.4)
    nokogiri (1.13.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.6.0)
    rack (2.2.3)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  mine!
  nokogiri (= 1.13.0)

BUNDLED WITH
   2.3.15
`;
  const result = analyzeFiles(gemfileLock, { 'Gemfile.lock': text }).get('Gemfile.lock');
  expect(told(result)).toEqual([
    'mine@0.1.0 direct',
    'nokogiri@1.13.0 direct > racc@1.6.0',
    'racc@1.6.0 indirect',
    'rack@2.2.3 indirect',
    'y@0.2.0 indirect > rack@2.2.3',
  ]);
  expect(result?.packages?.find(({ name }) => name === 'nokogiri')?.locations).toEqual([
    { startLine: 17, endLine: 17 },
  ]);
});
