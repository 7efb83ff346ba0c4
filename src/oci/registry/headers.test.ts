import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseChallenge } from './challenge.ts';
import { contentRange, lengthOf } from './content-range.ts';
import { nextLink } from './link.ts';
import { parseRetryAfter } from './retry-after.ts';

const bearer = (realm: string, service?: string, scope?: string) => ({
  scheme: 'bearer',
  realm,
  service,
  scope,
});

describe('a challenge', () => {
  test.each<[string[], unknown]>([
    [['Basic realm="x"'], { scheme: 'basic' }],
    [['basic'], { scheme: 'basic' }],
    [
      ['Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"'],
      bearer('https://a/t', 's', 'repository:a/b:pull,push'),
    ],
    [['bearer  realm = "https://a/t" ,  Service="s"'], bearer('https://a/t', 's')],
    [['Bearer realm=https://a/t,service=s'], bearer('https://a/t', 's')],
    [['Bearer realm="say \\"hi\\""'], bearer('say "hi"')],
    [['Basic realm="x", Bearer realm="https://a/t"'], bearer('https://a/t')],
    [['Basic realm="x"', 'Bearer realm="https://a/t"'], bearer('https://a/t')],
    [['Negotiate, NTLM abc==, Basic realm="x"'], { scheme: 'basic' }],
    [['Negotiate dG9rZW4=, Bearer realm="https://a/t"'], bearer('https://a/t')],
    [['Bearer, Basic realm="x"'], { scheme: 'basic' }],
    [['Bearer realm="https://a/t",realm="https://b/t"'], bearer('https://a/t')],
    [['Bearer realm="https://a/t",error="invalid_token",scope="x"'], bearer('https://a/t', undefined, 'x')],
    [['Bearer realm="never ends'], undefined],
    [['Digest realm="x", nonce="y"'], undefined],
    [['realm="x"'], undefined],
    [['Bearer __proto__="x"'], undefined],
    [['', ',,,'], undefined],
    [[], undefined],
  ])('%j asks for %j', (headers, expected) => {
    expect(chooseChallenge(headers)).toEqual(expected);
  });

  test('of any text is found out about quickly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 200 })),
        (headers) => void chooseChallenge(headers),
      ),
    );
    const began = performance.now();
    for (const text of [
      'a='.repeat(8000),
      'a '.repeat(8000),
      '"'.repeat(16_000),
      'a'.repeat(16_000),
      '='.repeat(16_000),
    ]) {
      chooseChallenge([`Bearer ${text}`]);
    }
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

test.each([
  ['</v2/x?last=a>; rel="next"', '/v2/x?last=a'],
  ['</a>; rel="prev", </b>; title="t"; rel=next', '/b'],
  ['<https://h/x?a=1,2>;rel="first next"', 'https://h/x?a=1,2'],
  ['</a>; rel="nextish"', undefined],
  ['</a>', undefined],
  ['', undefined],
])('the link %s leads to %s', (header, expected) => {
  expect(nextLink([header])).toBe(expected);
});

test('any link header is read quickly', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => void nextLink([header])));
  const began = performance.now();
  nextLink(['<'.repeat(16_000), '<>'.repeat(8000), '<>;='.repeat(4000)]);
  expect(performance.now() - began).toBeLessThan(3000);
});

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
  ['3', 3000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['257.438µs', undefined],
  ['-1', undefined],
  ['1e9', undefined],
  ['99999999999999', undefined],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (text, expected) => {
  expect(parseRetryAfter(text, NOW)).toBe(expected);
});

test.each([
  ['bytes 5-9/10', { start: 5, total: 10 }],
  ['bytes 5-9/*', { start: 5, total: undefined }],
  ['bytes */10', undefined],
  ['items 5-9/10', undefined],
  ['bytes 99999999999999999-9/10', undefined],
])('Content-Range: %s', (text, expected) => {
  expect(contentRange({ 'content-range': text })).toEqual(expected);
});

test('a length does not count where the body is encoded', () => {
  expect(lengthOf({ 'content-length': '12' })).toBe(12);
  expect(lengthOf({ 'content-length': '12', 'content-encoding': 'gzip' })).toBeUndefined();
  expect(lengthOf({ 'content-length': 'x' })).toBeUndefined();
});
