import { expect, test } from 'vitest';
import { parseAnswer } from './answer-json.ts';

test('a report of the size that is taken is refused quickly when it has more members than any report has', () => {
  const head = '{"vulnerabilities":[';
  const bytes = Buffer.alloc(60 << 20, '1e20,');
  bytes.write(head);
  bytes.write('0]}', bytes.length - 3);
  const begun = performance.now();
  expect(parseAnswer(bytes)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('other answers are read as they are', () => {
  const items = Array.from({ length: 1000 }, (_, index) => ({ id: `CVE-${index}`, links: ['a', 'b'] }));
  expect(parseAnswer(Buffer.from(JSON.stringify({ vulnerabilities: items })))).toEqual({
    vulnerabilities: items,
  });
});
