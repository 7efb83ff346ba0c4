import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apk, type ApkVersion } from './apk.ts';

function parsed(text: string): ApkVersion {
  const version = apk.parse(text);
  if (!version) throw new Error(`${text} is no version`);
  return version;
}

/** Facts of apk-tools' own version tests and of real packages, in ascending order; every pair of a row is tested. */
const ASCENDING: readonly string[] = [
  '0.1.0_alpha_pre2 0.1.0_alpha 0.1.0_alpha2 0.1.0_beta 0.1.0_pre 0.1.0_rc1 0.1.0 0.1.0_cvs 0.1.0_svn 0.1.0_git 0.1.0_hg 0.1.0_p 0.1.3_alpha',
  '0.01 0.06 0.1_pre20060810 0.1_pre20060817 0.1 0.1.7 0.1.13 0.1.15 0.2 0.3-r1 0.3-r2 0.3.1_rc8 0.3.2 0.5.2.7 0.7.3 0.7.3-r2 0.17-r2 0.17-r6',
  '0.8_beta1 0.8_beta2 0.8_beta4 0.9.6 0.9.8c-r1 0.9.8d 0.9.12 0.9.13 0.9.28 0.9.28-r1 0.9.28-r2 0.9.28.1 0.10.0 0.10.0-r1 0.10.1_rc1 0.13_beta5 0.13',
  '1.0 1.0.1 1.0.2 1.0.2-r6 1.0.6-r3 1.00_beta2 1.00 1.02 1.02.07 1.02.10-r1 1.03-r1 1.05-r4 1.05-r18 1.05-r19 1.06-r1 1.06-r6 1.07 1.07-r1 1.07.5',
  '1.0_p9-r0 1.0_p10-r0 1.1_alpha1 1.1 1.1a 1.1.1 1.1.1-r1 1.1.2.1-r1 1.2.07.8 1.2.3 1.2.3-r1 1.2.12.04 1.2.12.05 1.3_alpha 1.3_alpha2 1.3_alpha8 1.3 1.3a 1.3.1-r0',
  '1.3_pre1-r1 1.3.2 1.4_p12-r2 1.4_p12-r5 1.6d 1.7 1.7b 1.8.5 1.8.5_p2 2.0.0_rc3-r1 2.0.6 2.01 2.01.01_alpha10 2.02-r1 2.02.06 2.02.10 2.04 2.1_pre20 2.1_pre26 2.1.9.200602141850',
  '2.3.0b-r1 2.3.0b-r4 2.5.1-r8 2.5.1a-r1 2.9.11_pre20051101 2.9.11_pre20051101-r2 2.9.11_pre20051101-r3 2.9.11_pre20061021-r1 2.12r-r4 2.12r-r5 2.25b-r5 2.34',
  '3.0.20060720 3.1_p16 3.1_p17 3.9_pre20060124 4.3_p2-r1 4.3_p2-r5 4.4_p1-r6 4.5_p1 4.5_p1-r1 5b-r9 006 6b-r7 8 9 013 014-r1 087-r1 103 104-r9 104-r11 110-r8 021109-r3 20020207-r2 20030215 20050718-r1 20050718-r2',
  '6.0_pre1 6.0 6.0_p1 6.1_pre1 6.1 6.1_p1 7.0.17 7.0.174 8.1.2.20040524-r1 8.1.2.20050715-r1 8.2.0 8.2.001 8.2.0015 8.2.002',
  '1.0~1234 1.0~1234-r0 1.0~1234-r1 1.0~2345 1.0~2345-r0 1.0_p1',
  '1.0.0_pre20191002222144-r0 1.0.0_pre20210530193627-r0 1.0.0 1.0.0-r0 1.0.0-r1 1.0.0-r10 1.0.0.1',
  '1.1.1g-r0 1.1.1k-r0 1.1.1t-r3 1.2.4_git20230717-r4 1.2.5_git20240512-r1 3.21.0_alpha20240923',
];

test.each(ASCENDING)('%s', (row) => {
  const versions = row.split(' ');
  versions.forEach((low, i) => {
    expect(apk.compare(parsed(low), parsed(low)), `${low} = ${low}`).toBe(0);
    for (const high of versions.slice(i + 1)) {
      expect(apk.compare(parsed(low), parsed(high)), `${low} < ${high}`).toBeLessThan(0);
      expect(apk.compare(parsed(high), parsed(low)), `${high} > ${low}`).toBeGreaterThan(0);
    }
  });
});

test('the rows hold well over 150 pairs', () => {
  const pairs = ASCENDING.map((row) => row.split(' ').length).map((n) => (n * (n - 1)) / 2);
  expect(pairs.reduce((a, b) => a + b)).toBeGreaterThan(1_000);
});

test.each([
  ['006', '6'],
  ['1.0-r01', '1.0-r1'],
  ['1.0_p01', '1.0_p1'],
  ['2.0.6', '2.0.6'],
])('%s equals %s', (a, b) => {
  expect(apk.compare(parsed(a), parsed(b))).toBe(0);
});

test('numbers are exact beyond what a double or 64 bits can hold', () => {
  expect(apk.compare(parsed('1.9007199254740992'), parsed('1.9007199254740993'))).toBeLessThan(0);
  expect(apk.compare(parsed('1.18446744073709551615'), parsed('1.18446744073709551616'))).toBeLessThan(0);
  expect(apk.compare(parsed('99999999999999999999'), parsed('100000000000000000000'))).toBeLessThan(0);
});

const VALID = [
  '1.2',
  '0.1_pre2',
  '0.1_pre2~1234abcd',
  '0.1_p1_pre2',
  '0.1_alpha1_pre2',
  '0.1_git20240101_pre1',
  '0',
  '1a-r0',
];
const INVALID = [
  ...[
    '',
    ' ',
    '1 ',
    ' 1',
    '1\n',
    'v1',
    '0.1bc',
    '0.1bc1',
    '0.1a1',
    '0.1a.1',
    '0.1_pre2~',
    '0.1_pre2~1234xbcd',
    '1.0~ABCD',
  ],
  ...[
    '0.1_pre2~1234abcd_pre1',
    '0.1_pre2-r1~1234xbcd',
    '0.1_foobar',
    '0.1_foobar1',
    '0.1-pre1.1',
    '0.1-r',
    '0.1-r2_pre1',
  ],
  ...[
    '0.1-r2_p3_pre1',
    '0.1-r2-r3',
    '0.1-r2.1',
    '.1',
    'a',
    '_pre1',
    '-r1',
    '0.1_',
    '0.1_-r0',
    '0.1__alpha',
    '0.1_1_alpha',
  ],
  ...[
    '1.',
    '1..2',
    '1.2.',
    '1.A',
    '1:2',
    '1.2-1',
    '23_foo',
    '1.0_prefix',
    '1.0_constructor',
    '1'.repeat(5_000),
  ],
];

test.each(VALID)('%s is a version', (text) => expect(apk.parse(text)).toBeDefined());
test.each(INVALID.map((text) => [text.slice(0, 40), text]))('%j is no version', (_, text) => {
  expect(apk.parse(text)).toBeUndefined();
});

const digits = fc.stringMatching(/^[0-9]{1,4}$/);
const suffix = fc.tuple(
  fc.constantFrom('alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p'),
  fc.option(digits, { nil: '' }),
);
const version = fc
  .record({
    numbers: fc.array(digits, { minLength: 1, maxLength: 3 }),
    letter: fc.constantFrom('', '', 'a', 'b'),
    suffixes: fc.array(suffix, { maxLength: 2 }),
    hash: fc.constantFrom('', '', '~1a', '~2b'),
    revision: fc.option(
      digits.map((n) => `-r${n}`),
      { nil: '' },
    ),
  })
  .map(
    (v) =>
      v.numbers.join('.') + v.letter + v.suffixes.map(([s, n]) => `_${s}${n}`).join('') + v.hash + v.revision,
  );

describe('apk orders every version', () => {
  test('compare(a, b) is the opposite of compare(b, a), and a equals itself', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [x, y] = [parsed(a), parsed(b)];
        expect(apk.compare(x, parsed(a))).toBe(0);
        expect(Math.sign(apk.compare(x, y)) + Math.sign(apk.compare(y, x))).toBe(0);
      }),
    );
  });

  test('order is transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const sorted = [a, b, c].map(parsed).sort((x, y) => apk.compare(x, y));
        const [low, , high] = sorted;
        if (low && high) expect(apk.compare(low, high)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('any text is either a version or not, without a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9._a-z~-]{0,30}$/)),
        (text) => {
          const result = apk.parse(text);
          if (result) expect(apk.compare(result, result)).toBe(0);
        },
      ),
    );
  });
});
