import { describe, expect, test } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { openAnalyzerSets } from './analyzer-sets.ts';

const setsFor = (...scanners: string[]) => openAnalyzerSets({ scanners } as unknown as Config);

describe('what scans of a server look for', () => {
  test('is what its settings say, where that is enough', async () => {
    const sets = await setsFor('vuln', 'secret');
    expect(await sets.forRequest({})).toBe(sets.own);
    expect(await sets.forRequest({ lookFor: [] })).toBe(sets.own);
    expect(await sets.forRequest({ lookFor: ['vulnerability', 'secret'] })).toBe(sets.own);
  });

  test('is everything, the same for all, where somebody wants more', async () => {
    const sets = await setsFor('vuln');
    const secrets = await sets.forRequest({ lookFor: ['secret'] });
    expect(secrets.choice.scanners).toEqual(['secret', 'license', 'misconfiguration']);
    expect(await sets.forRequest({ lookFor: ['license', 'vulnerability'] })).toBe(secrets);
    expect(secrets.fingerprint).not.toBe(sets.own.fingerprint);
  });

  test('is known by its fingerprint', async () => {
    const sets = await setsFor('vuln');
    const everything = await sets.forRequest({ lookFor: ['secret'] });
    expect(await sets.byFingerprint(sets.own.fingerprint)).toBe(sets.own);
    expect(await sets.byFingerprint(everything.fingerprint)).toBe(everything);
    expect(await sets.byFingerprint('tree@1')).toBeUndefined();
  });

  test('knows the rules of everything, whatever is usually looked for', async () => {
    const ids = await (await setsFor('vuln')).ruleIds();
    expect([...ids]).toEqual(expect.arrayContaining(['DD-FS-0001', 'DD-FS-0018', 'DD-IMG-0001']));
  });

  test('with paths to watch for is its own, in whichever order they are named', async () => {
    const sets = await setsFor('vuln');
    const [one, other, third] = await Promise.all([
      sets.forRequest({ watchPaths: ['a/**', '**/*.bak', 'a/**'] }),
      sets.forRequest({ watchPaths: ['**/*.bak', 'a/**'] }),
      sets.forRequest({ watchPaths: ['**/*.bak'] }),
    ]);
    expect(one.fingerprint).toBe(other.fingerprint);
    expect(third.fingerprint).not.toBe(one.fingerprint);
    expect(await sets.byFingerprint(one.fingerprint)).toBeUndefined();
    const rules = one.choice.filesystemRules?.rules.map(({ id }) => id) ?? [];
    expect(rules).toEqual(expect.arrayContaining(['DD-FS-0001', 'path:**/*.bak', 'path:a/**']));
    expect(new Set(rules).size).toBe(rules.length);
  });
});
