import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationText, parseDuration } from './duration.ts';
import { didYouMean, nearest } from './nearest.ts';
import { settings, settingNames } from './schema.ts';
import { parseFileValue, parseTexts } from './values.ts';

describe('parseDuration', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['1h30m', 5400],
    ['1h2m3s', 3723],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(['', '5', '5 m', '-5m', '5M', '5m1h', '0s', '1.5h', '1d', '1e3s', '99999999s', 'm'])(
    '%j is no time',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('what durationText writes reads back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 * 3600 }), (s) => parseDuration(durationText(s)) === s),
    );
  });
});

describe('nearest', () => {
  test.each([
    ['severty', 'severity'],
    ['ignoreunfixed', 'ignoreUnfixed'],
    ['ouptut', 'output'],
    ['formats', 'format'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, settingNames)).toBe(meant);
  });

  test('nothing far away is offered', () => {
    expect(didYouMean('banana', settingNames)).toBeUndefined();
  });
});

describe('values given as text', () => {
  test.each([
    ['severity', ['high,Critical'], ['HIGH', 'CRITICAL']],
    ['severity', ['HIGH', 'LOW'], ['HIGH', 'LOW']],
    ['severity', [' HIGH , HIGH'], ['HIGH']],
    ['exitCode', ['7'], 7],
    ['timeout', ['5m'], 300],
    ['offline', ['yes'], true],
    ['offline', ['0'], false],
    ['format', ['JSON'], 'json'],
    ['dbRepository', ['a.example/x:2', 'b.example/x:2'], ['a.example/x:2', 'b.example/x:2']],
  ] as const)('%s %j', (name, texts, value) => {
    expect(parseTexts(settings[name], texts)).toEqual({ value });
  });

  test.each([
    ['severity', 'HIGH,foo', '"foo" is not one of UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL'],
    ['severity', '', '"" is not one of UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL'],
    ['exitCode', '1x', '"1x" is not a whole number from 0 to 255'],
    ['exitCode', '256', '"256" is not a whole number from 0 to 255'],
    ['exitCode', '-1', '"-1" is not a whole number from 0 to 255'],
    ['parallel', '0', '"0" is not a whole number from 1 to 64'],
    ['timeout', '5', '"5" is not a time'],
    ['timeout', '600h', 'is longer than 576h'],
    ['catalogTtl', '99999h', 'is longer than 87600h'],
    ['offline', 'maybe', '"maybe" is neither true nor false'],
    ['output', '', 'is empty'],
    ['output', 'a\u001b[31m', 'holds a control character'],
  ] as const)('%s %j is refused', (name, text, problem) => {
    expect(parseTexts(settings[name], [text])).toMatchObject({ problem });
  });
});

test('a value of the wrong type in the file is refused, never taken for something else', () => {
  const anything = fc.anything({ maxDepth: 2 });
  for (const name of settingNames.filter((known) => known !== 'registries')) {
    fc.assert(
      fc.property(anything, (value) => {
        const parsed = parseFileValue(settings[name], value);
        return 'problem' in parsed || parsed.value !== undefined;
      }),
      { numRuns: 50 },
    );
  }
});
