import { expect, test } from 'vitest';
import { parseToml } from './toml-text.ts';

const many = '[[a]]\n'.repeat(600_000);

test.each([
  ['tables', many],
  ['dotted keys', `${'a.'.repeat(1_100_000)}a = 1\n`],
  ['keys', 'a = 1\n'.repeat(1_100_000)],
  ['lists', `a = [${'[],'.repeat(1_100_000)}]\n`],
  ['tables behind a text with quotes at its end', `a = \"\"\"b\"\"\"\"\n${many}`],
  ['tables behind a literal', `a = '''b''''\n${many}`],
  ['tables behind a comment with a quote', `# "\n${many}`],
])('refuses absurdly many %s', (_, text) => {
  const start = performance.now();
  expect(parseToml(text)).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(6000);
});

test.each([
  ['comments', `${'# a = [b.c]\n'.repeat(200_000)}a = 1\n`],
  ['texts', `b = "${'[.=\\"'.repeat(400_000)}"\na = 1\n`],
  ['literals', `b = '${'[.='.repeat(400_000)}'\na = 1\n`],
  ['long texts', `b = \"\"\"\n${'[".=\n'.repeat(400_000)}\"\"\"\na = 1\n`],
])('takes very long %s', (_, text) => {
  expect(parseToml(text)).toMatchObject({ a: 1 });
});
