import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { conanLock } from './lock-files.ts';

function read(text: string): string[] {
  return told(analyzeFiles(conanLock, { 'conan.lock': text }).get('conan.lock'));
}

test('conan.lock is a graph before Conan 2', () => {
  const text =
    '{"graph_lock":{"nodes":{"0":{"ref":"app/1.0","requires":["1"]},"1":{"ref":"poco/1.9.4@user/channel#0","requires":["2"]},"2":{"ref":"zlib/1.2.12#0"}}}}';
  expect(read(text)).toEqual(['poco@1.9.4 direct > zlib@1.2.12', 'zlib@1.2.12 indirect']);
});

test('conan.lock is lists since', () => {
  const text =
    '{"version":"0.5","requires":["sound32/1.0#83d4%1675278904.0","bad"],"build_requires":["cmake/3.2"]}';
  expect(read(text)).toEqual(['cmake@3.2 dev', 'sound32@1.0']);
});
