import { expect, test } from 'vitest';
import { sha256Of } from '../base/digest.ts';
import { openMemoryStore } from './memory.ts';
import { openReaders } from './readers.ts';

const [one, other] = [sha256Of('one'), sha256Of('other')];

test('who was let in may read that image, and no other one', async () => {
  const readers = openReaders(openMemoryStore(), 60);
  await readers.grant(one, 'r/a:1', 'ci');
  expect(await readers.namesFor(one, 'ci')).toEqual(['r/a:1']);
  expect(await readers.namesFor(one, 'ci2')).toBeUndefined();
  expect(await readers.namesFor(other, 'ci')).toBeUndefined();
});

test('an image that is open to everybody is, and a caller called "*" is nobody special', async () => {
  const readers = openReaders(openMemoryStore(), 60);
  await readers.grant(other, undefined);
  expect(await readers.namesFor(other, 'anybody')).toEqual([]);
  await readers.grant(one, 'r/a:1', '*');
  expect(await readers.namesFor(one, 'ci')).toBeUndefined();
});

test('nobody learns the names that others know it by', async () => {
  const readers = openReaders(openMemoryStore(), 60);
  await readers.grant(one, 'secret/project:1', 'team-a');
  await readers.grant(one, 'r/b:1', 'team-b');
  await readers.grant(one, 'r/b:2', 'team-b');
  await readers.grant(one, 'public/c');
  expect(await readers.namesFor(one, 'team-b')).toEqual(['public/c', 'r/b:1', 'r/b:2']);
});
