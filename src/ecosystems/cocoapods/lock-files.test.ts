import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { podfileLock } from './lock-files.ts';

test('Podfile.lock names pods and their parts', () => {
  const text = `PODS:
  - AppCenter (4.2.0):
    - AppCenter/Core
  - AppCenter/Core (4.2.0)
  - "Odd+Name (1.0)"

DEPENDENCIES:
  - AppCenter (from \`../x\`)
  - "Odd+Name (~> 1)"

COCOAPODS: 1.11.2
`;
  expect(told(analyzeFiles(podfileLock, { 'ios/Podfile.lock': text }).get('ios/Podfile.lock'))).toEqual([
    'AppCenter/Core@4.2.0 indirect',
    'AppCenter@4.2.0 direct > AppCenter/Core@4.2.0',
    'Odd+Name@1.0 direct',
  ]);
});
