import { expect, test } from 'vitest';
import { wishesOf } from './assessment-wishes.ts';

test('what a client does not say is left to the server', () => {
  expect(wishesOf({})).toEqual({});
});

test.each([
  [['vuln'], { vulnerabilities: true, scanners: [] }],
  [[], { vulnerabilities: false, scanners: [] }],
  [['misconfig', 'secret'], { vulnerabilities: false, scanners: ['misconfiguration', 'secret'] }],
] as const)('scanners %j', (scanners, wishes) => {
  expect(wishesOf({ scanners })).toEqual(wishes);
});

test('sources and categories are handed on', () => {
  const wishes = { severitySources: ['nvd'], licenseCategories: { forbidden: ['MIT'] } };
  expect(wishesOf(wishes)).toEqual(wishes);
});
