import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { pubspecLock } from './lock-files.ts';

test('pubspec.lock names packages; those of a kit are as old as the kit', () => {
  const text = `packages:
  crypto:
    dependency: transitive
    description:
      name: crypto
      url: "https://pub.dev"
    source: hosted
    version: "3.0.10"
  flutter_test:
    dependency: "direct dev"
    description: flutter
    source: sdk
    version: "0.0.0"
  http:
    dependency: "direct main"
    description: {name: http}
    source: hosted
    version: 0.13.2
sdks:
  dart: ">=2.18.0 <3.0.0"
  flutter: ">=3.3.0"
`;
  const result = analyzeFiles(pubspecLock, { 'pubspec.lock': text }).get('pubspec.lock');
  expect(told(result)).toEqual(['crypto@3.0.10 indirect', 'flutter_test@3.3.0 direct', 'http@0.13.2 direct']);
  expect(result?.packages?.[0]?.locations).toEqual([{ startLine: 2, endLine: 8 }]);
});
