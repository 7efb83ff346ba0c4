import { expect, test } from 'vitest';
import { REVIEWED } from './debian.ts';

test('every script is entered by a sum, once for each review', () => {
  for (const { name, scripts } of REVIEWED) {
    const keys = Object.values(scripts).flat();
    expect(keys.length, name).toBeGreaterThan(0);
    expect(new Set(keys).size, name).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('kinds are those that dpkg runs', () => {
  const kinds = new Set(REVIEWED.flatMap(({ scripts }) => Object.keys(scripts)));
  expect([...kinds].sort()).toEqual(['postinst', 'postrm', 'preinst', 'prerm']);
});

test('paths that are checked are below the root, and what is diverted is named from it', () => {
  for (const { name, checks = [] } of REVIEWED) {
    for (const check of checks) {
      const [kind = '', value = ''] = Object.entries(check)[0] ?? [];
      const isFromRoot = kind === 'diverted' || kind === 'undiverted';
      const isPath = ['present', 'absent', 'unchanged'].includes(kind);
      if (isFromRoot || isPath) expect(value.startsWith('/'), `${name} ${value}`).toBe(isFromRoot);
      expect(value, name).not.toBe('');
    }
  }
});

test('a reason is told for each, and versions that it holds from can be compared', () => {
  for (const { name, reason, checks = [] } of REVIEWED) {
    expect(reason, name).toMatch(/^\S.*[^.]$/);
    for (const check of checks) if ('from' in check) expect(check.from, name).toMatch(/^\d/);
  }
});
