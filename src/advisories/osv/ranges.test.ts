import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { npm } from '../../versions/npm.ts';
import type { AnyVersionScheme } from '../../versions/scheme.ts';
import { toRanges, type OsvEvent } from './ranges.ts';

const [introduced, fixed, last, limit] = (['introduced', 'fixed', 'lastAffected', 'limit'] as const).map(
  (kind) =>
    (version: string): OsvEvent => ({ kind, version }),
) as [(v: string) => OsvEvent, (v: string) => OsvEvent, (v: string) => OsvEvent, (v: string) => OsvEvent];

describe('ranges of events', () => {
  test.each<[string, OsvEvent[], unknown]>([
    ['from the start', [introduced('0'), fixed('1.2')], [{ fixed: '1.2' }]],
    ['from a version', [introduced('1.0'), fixed('1.2')], [{ introduced: '1.0', fixed: '1.2' }]],
    ['without an end', [introduced('0')], [{}]],
    ['with its last version', [introduced('1'), last('2')], [{ introduced: '1', lastAffected: '2' }]],
    [
      'several',
      [introduced('0'), fixed('1.2'), introduced('2.0'), fixed('2.3'), introduced('3')],
      [{ fixed: '1.2' }, { introduced: '2.0', fixed: '2.3' }, { introduced: '3' }],
    ],
    [
      'out of order',
      [introduced('2.0'), introduced('0'), introduced('10.0'), fixed('10.1'), fixed('1.2'), fixed('2.3-rc1')],
      [{ fixed: '1.2' }, { introduced: '2.0', fixed: '2.3-rc1' }, { introduced: '10.0', fixed: '10.1' }],
    ],
    [
      'one beginning within another',
      [introduced('1'), introduced('2'), fixed('3')],
      [{ introduced: '1', fixed: '3' }],
    ],
    ['two ends', [introduced('1'), fixed('2'), fixed('3')], [{ introduced: '1', fixed: '2' }]],
    ['only an end', [fixed('2')], [{ fixed: '2' }]],
    ['an end before its beginning', [introduced('1.8.4'), fixed('1.8.0')], [{ introduced: '1.8.4' }]],
    ['an end at its beginning', [introduced('1'), fixed('1')], [{ introduced: '1', fixed: '1' }]],
    [
      'overlapping ones',
      [introduced('14.0.0'), fixed('14.14.1'), introduced('14.14.0'), fixed('14.20.0')],
      [
        { introduced: '14.0.0', fixed: '14.14.1' },
        { introduced: '14.14.0', fixed: '14.20.0' },
      ],
    ],
    [
      'what nobody can compare, as it stands',
      [introduced('?'), fixed('1')],
      [{ introduced: '?', fixed: '1' }],
    ],
    ['a limit', [introduced('0'), limit('2')], [{ fixed: '2' }]],
    ['no limit', [introduced('1'), limit('*')], [{ introduced: '1' }]],
    ['nothing', [], []],
  ])('%s', (_, events, ranges) => expect(toRanges(events, npm as AnyVersionScheme)).toEqual(ranges));

  test('no events make it fail, and there are never more ranges than events', () => {
    const event = fc.record({
      kind: fc.constantFrom('introduced', 'fixed', 'lastAffected', 'limit'),
      version: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.constantFrom('0', '1.0', '1.0-rc.1', '~', '*', '9'.repeat(300)),
      ),
    }) as fc.Arbitrary<OsvEvent>;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        expect(toRanges(events, npm as AnyVersionScheme).length).toBeLessThanOrEqual(events.length);
      }),
    );
  });
});
