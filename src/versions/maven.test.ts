import { expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { maven } from './maven.ts';

test('orders as Maven 3.8 and 3.9 were seen to', () => {
  expectChain(
    maven,
    [
      '0 < v1 < 00.1 < 1-alpha < 1-alpha-1 = 1-a1 < 1-beta < 1-b2 = 1-beta-2 < 1-M1 = 1-milestone-1 < 1-rc1 = 1-cr1',
      '< 1-CR2 < 1-SNAPSHOT < 1 = 1.0 = 1.0.0 = 1-ga = 1-final = 1.0.RELEASE = 1-0 < 1-sp < 1-sp1 < 1_1 < 1-abc',
      '< 1-jre8 < 1-redhat-1 < 1.x < 1-1 = 1.-1 < 1-2 < 1.0-20230101.120000-3 < 1.0.0.1 < 1.0.1 = 1..1 < 1.1 < 1.2',
      '< 1.10 < 2.0.0.M3 < 2.0.0.RC1 < 2.0.0.RELEASE = 2.0.0.Final < 2.0.0.SP1 < 2.0.0.Final-redhat-2 < 2.9.10',
      '< 2.9.10.1 < 2.9.10.8 < 5.0.0.Alpha4 < 5.0-rc-1 < 6.0.0.20100216-M2 < 9.4.5.v20170502 < 9.4.48.v20220622',
      '< 9.4.49.v20220914 < 31.1-android < 31.1-jre < 32.0.0-jre < 20040616',
    ].join(' '),
  );
});

test.each([
  ['<2.9.10.1', '2.9.10', true],
  ['<2.9.10.1', '2.9.10.1', false],
  ['>=2.0.0, <2.5.1', '2.5.0.RELEASE', true],
  ['>= 2.0.0 < 2.5.1', '2.5.1', false],
  ['<1.0 || >=2.0,<2.1', '2.0.5', true],
  ['==1.0', '1.0.0.Final', true],
  ['<=*', '7.1', true],
  ['[1.0,2.0)', '1.0', true],
  ['[1.0,2.0)', '2.0', false],
  ['(1.0,2.0]', '1.0', false],
  ['(1.0,2.0]', '2.0.0', true],
  ['(,1.0],[1.2,)', '1.1', false],
  ['(, 1.0], [1.2, )', '1.3', true],
  ['[1.0]', '1.0.0', true],
  ['[1.0]', '1.0.1', false],
  ['[,]', '5', true],
])('%s has %s: %s', (range, text, expected) => {
  const version = maven.parse(text);
  expect(version && maven.parseConstraint?.(range)?.includes(version)).toBe(expected);
});

test.each(['', '[1.0', '[1.0,2.0,3.0]', '>', '[1.0]junk', '1.0)', '<1.0,[1.0,2.0]', '||'])(
  '%j is no range',
  (text) => {
    expect(maven.parseConstraint?.(text)).toBeUndefined();
  },
);
