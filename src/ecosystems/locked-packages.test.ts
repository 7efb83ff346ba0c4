import { expect, test } from 'vitest';
import { openLockedPackages } from './locked-packages.ts';

test('what packages of one file depend on is bounded', () => {
  const packages = openLockedPackages('npm', 'npm', 'lock');
  const ids = Array.from(
    { length: 1_000 },
    (_, index) => packages.add({ name: `a${index}`, version: '1' }) ?? '',
  );
  for (const id of ids) packages.depend(id, ids);
  const edges = (packages.result()?.packages ?? []).map(({ dependsOn = [] }) => dependsOn.length);
  expect(Math.max(...edges)).toBe(999);
  expect(edges.reduce((sum, count) => sum + count)).toBe(200_000);
});
