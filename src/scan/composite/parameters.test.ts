import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScannerFailure } from '../scanners/scanner.ts';
import { assertRules, checkedParameters, foreignParameters } from './parameters.ts';
import type { ReportSubject } from './scan-types.ts';

const checked = (subject: ReportSubject, given: object) =>
  checkedParameters(subject, new Map(Object.entries(given)));
const REFUSED = 'refused';
const AS_IT_IS = 'as it is';

describe('parameters of the types that are made here', () => {
  test.each<[ReportSubject, object, object | typeof REFUSED | typeof AS_IT_IS]>([
    ['vulnerability', {}, {}],
    ['vulnerability', { severity: ['high', 'CRITICAL', 'High'] }, { severity: ['High', 'Critical'] }],
    ['vulnerability', { severity: 'HIGH, critical' }, { severity: ['High', 'Critical'] }],
    ['vulnerability', { severity: ['awful'] }, REFUSED],
    [
      'vulnerability',
      { ignoreUnfixed: 'TRUE', packageTypes: ['os'] },
      { ignoreUnfixed: true, packageTypes: ['os'] },
    ],
    ['vulnerability', { ignoreUnfixed: 1 }, REFUSED],
    ['vulnerability', { ignoreUnfixed: null }, {}],
    ['vulnerability', { format: 'spdx' }, REFUSED],
    ['bill', { allowGNU: 'false', format: 'CycloneDX' }, { allowGNU: false, format: 'cyclonedx' }],
    ['bill', { format: 'xml' }, REFUSED],
    ['filesystem', { forbid: ['/etc/passwd', 'a/**'] }, { forbid: ['a/**', 'etc/passwd'] }],
    [
      'filesystem',
      { forbid: 'app/{config,{a,b}}/**, *.pem' },
      { forbid: ['*.pem', 'app/{config,{a,b}}/**'] },
    ],
    ['filesystem', { forbid: ['{a,b,c,d}/{e,f,g,h}'], require: ['{a,b}{c,d,e,f,g,h,i,j}'] }, AS_IT_IS],
    ['filesystem', { forbid: ['{a,b,c,d}/{e,f,g,h}'], require: ['{a,b}{c,d,e,f,g,h,i,j}', 'x'] }, REFUSED],
    ['filesystem', { forbid: [''] }, { forbid: [] }],
    ['filesystem', { require: [7] }, REFUSED],
    ['filesystem', { checks: ['setuid', 'DD-FS-0012'] }, { checks: ['setuid', 'DD-FS-0012'] }],
    ['filesystem', { checks: 'SetUID, ALL' }, { checks: ['setuid', 'all'] }],
    ['filesystem', { checks: ['a b'] }, REFUSED],
    ['filesystem', { forbid: Array.from({ length: 33 }, (_, i) => `p${i}`) }, REFUSED],
    [
      'license',
      { allow: ['MIT', 'GPL-2.0-only WITH Classpath-exception-2.0'] },
      { allow: ['MIT', 'GPL-2.0-only WITH Classpath-exception-2.0'] },
    ],
    ['license', { deny: ['MIT; rm'] }, REFUSED],
    ['secret', { sources: ['env', 'files'] }, { sources: ['env', 'files'] }],
    ['secret', { sources: ['network'] }, REFUSED],
    ['secret', { sources: [['env']] }, REFUSED],
  ])('%s %j', (subject, given, expected) => {
    if (expected !== REFUSED)
      expect(checked(subject, given)).toEqual(expected === AS_IT_IS ? given : expected);
    else
      expect(() => checked(subject, given)).toThrow(
        expect.objectContaining({ code: 'INVALID_PARAMETER' }) as Error,
      );
  });

  test('a rule that there is not is refused: everything would pass it', () => {
    const ids = new Set(['DD-FS-0012']);
    expect(() => assertRules({ checks: ['setuid', 'all', 'DD-FS-0012'] }, ids)).not.toThrow();
    expect(() => assertRules({ checks: ['world_writable'] }, ids)).toThrow(
      /"world_writable" is none of setuid,/,
    );
  });

  test('a refusal names the parameter and what it takes', () => {
    expect(() => checked('bill', { format: 'xml' })).toThrow(
      /"format" cannot be so: it takes spdx or cyclonedx/,
    );
    expect(() => checked('bill', { colour: 1 })).toThrow(/there are format, allowGNU and scanner/);
  });

  test('whatever is given, it is checked or refused; and what was checked is checked again to the same', () => {
    const subject = fc.constantFrom<ReportSubject[]>(
      'vulnerability',
      'bill',
      'filesystem',
      'license',
      'secret',
    );
    const name = fc.constantFrom(
      'severity',
      'format',
      'allowGNU',
      'paths',
      'forbid',
      'allow',
      'sources',
      '__proto__',
    );
    fc.assert(
      fc.property(subject, fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })), (one, given) => {
        try {
          const found = checked(one, given);
          expect(checked(one, found)).toEqual(found);
          foreignParameters(new Map(Object.entries(given)));
        } catch (error) {
          expect(error).toBeInstanceOf(ScannerFailure);
        }
      }),
    );
  });

  test('those of other types are handed on, if they are plain', () => {
    expect(
      foreignParameters(
        new Map<string, unknown>([
          ['b', 1],
          ['a', ['x']],
          ['c', null],
        ]),
      ),
    ).toEqual({ a: ['x'], b: 1 });
    expect(() => foreignParameters(new Map([['a', {}]]))).toThrow(ScannerFailure);
    const many = new Map(Array.from({ length: 60_000 }, (_, i) => [`k${i}`, 1e20]));
    expect(() => foreignParameters(many)).toThrow(/all of them have at most/);
  });
});
