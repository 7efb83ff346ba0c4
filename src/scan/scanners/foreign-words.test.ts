import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foreignWords } from './foreign-words.ts';

test.each([
  ['analysis failed', 'analysis failed'],
  ['GET https://user:pass@scanner.internal:8443/api/v1?x=1: 500', 'GET [address] 500'],
  ['dial tcp 10.1.2.3:5000: connection refused', 'dial tcp [address]: connection refused'],
  ['lookup core:8080 on [fd00::1]:53: no such host', 'lookup [address] on [address]: no such host'],
  ['node 192.168.7.9 is away', 'node [address] is away'],
  ['Authorization: Bearer abcdefghijkl', 'Authorization: [secret]'],
  ['sent basic Ym90OnBhc3N3b3Jk to it', 'sent basic [secret] to it'],
  ['token eyJhbGciOi.eyJzdWIi.c2ln is old', 'token [secret] is old'],
  ['the password is hunter2-long', 'the password is [secret]'],
  ['\u001b[34mINFO\u001b[0m one\n\ttwo\u202e three', 'INFO one two three'],
  ['openssl 3.0.1-1 in layer 4: CVE-2024-0001', 'openssl 3.0.1-1 in layer 4: CVE-2024-0001'],
  ['', undefined],
  ['\u0000\n', undefined],
])('%j is told as %j', (text, told) => {
  expect(foreignWords(text, ['hunter2-long'])).toBe(told);
});

test('whatever a scanner says, it is one short line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6000 }), (text) => {
      const told = foreignWords(text, []) ?? '';
      expect(told.length).toBeLessThanOrEqual(301);
      expect(told).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test('a text made to be slow is not', () => {
  const begun = performance.now();
  for (const text of ['eyJ', 'a.', '1.1.', 'bearer ', '://', 'a-'])
    foreignWords(text.repeat(3000), ['secret-secret']);
  expect(performance.now() - begun).toBeLessThan(1000);
});
