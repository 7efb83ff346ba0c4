import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deb, type DebVersion } from './deb.ts';

function parsed(text: string): DebVersion {
  const version = deb.parse(text);
  if (!version) throw new Error(`${text} is no version`);
  return version;
}

/** In ascending order; every pair of a row is tested. */
const ASCENDING: readonly string[] = [
  '1.0~~ 1.0~~a 1.0~ 1.0~beta1 1.0~rc1 1.0 1.0-1 1.0a 1.0aa 1.0b 1.0+b1 1.0.1',
  '2.36-9 2.36-9+deb12u1 2.36-9+deb12u4 2.36-9+deb12u10',
  '1.1.1k-1 1.1.1n-0+deb11u1 1.1.1n-0+deb11u2 3.0.9-1 1:0.1 2:0.0.1',
  '9 10 0:11 99999999999999999999999999999998 99999999999999999999999999999999 100000000000000000000000000000000',
  '1.2Z 1.2a 1.2+ 1.2. 1.2.0.1 1.2.1',
];

test.each(ASCENDING)('%s', (row) => {
  const versions = row.split(' ');
  versions.forEach((low, i) => {
    for (const high of versions.slice(i + 1)) {
      expect(deb.compare(parsed(low), parsed(high)), `${low} < ${high}`).toBeLessThan(0);
      expect(deb.compare(parsed(high), parsed(low)), `${high} > ${low}`).toBeGreaterThan(0);
    }
  });
});

test.each([
  ['1.0', '1.0-0'],
  ['1.0', '0:1.0'],
  ['1.0', '00:1.00'],
  ['1.0-1', '1.0-01'],
  ['1.0', '1.'],
  ['1.a', '1.a0'],
  [' 1.0\t', '1.0'],
  ['+1:2', '1:2'],
  ['-0:2', '2'],
])('%j equals %j', (a, b) => {
  expect(deb.compare(parsed(a), parsed(b))).toBe(0);
  expect(deb.compare(parsed(b), parsed(a))).toBe(0);
});

test.each([
  '',
  ' ',
  '1 2',
  '1:',
  ':1',
  'a:1',
  '-1:2',
  '1-',
  '-1',
  '-',
  '1:-1',
  '2147483648:1',
  '1\0',
  '1: 2',
  '1.2:3',
])('%j is refused, as dpkg refuses it', (text) => expect(deb.parse(text)).toBeUndefined());

test.each(['a', '~', '1_2', '1:2:3', '1-2-3', '0:-1-1', 'é', '1.2\n', '1/2', '2147483647:1'])(
  '%j is accepted, as dpkg only warns of it',
  (text) => expect(deb.parse(text)).toBeDefined(),
);

describe('deb orders every version', () => {
  const version = fc.oneof(
    fc.stringMatching(/^([0-9]{1,2}:)?[0-9][0-9a-cA-C.+~-]{0,8}[0-9]$/),
    fc.stringMatching(/^[~0-2a.+]{1,6}(-[~0-2a.+]{1,4})?$/),
  );

  test('compare(a, b) is the opposite of compare(b, a)', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [x, y] = [parsed(a), parsed(b)];
        expect(Math.sign(deb.compare(x, y)) + Math.sign(deb.compare(y, x))).toBe(0);
      }),
    );
  });

  test('order is transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [low, , high] = [a, b, c].map(parsed).sort((x, y) => deb.compare(x, y));
        if (low && high) expect(deb.compare(low, high)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('any text is either a version or not, without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
        const [x, y] = [deb.parse(a), deb.parse(b)];
        if (x && y) expect(deb.compare(x, y)).not.toBeNaN();
      }),
    );
  });

  test('hostile lengths are no burden', () => {
    const long = `1${'a1'.repeat(500_000)}`;
    expect(deb.compare(parsed(long), parsed(`${long}~`))).toBeGreaterThan(0);
    expect(deb.parse(`${'1'.repeat(1_000_000)}:1`)).toBeUndefined();
  });
});
