import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bottlerocketEcosystem, parseInventory } from './bottlerocket.ts';

const PATH = 'x86_64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json';

const inventoryOf = (...entries: unknown[]): string => JSON.stringify({ Content: entries });

describe('Bottlerocket inventory', () => {
  test('is looked for where either machine has it', () => {
    const wants = (path: string): boolean | undefined =>
      bottlerocketEcosystem.analyzers[0]?.wants({ path, sizeBytes: 1, mode: 0o644 });
    expect(wants(PATH)).toBe(true);
    expect(wants(PATH.replace('x86_64', 'aarch64'))).toBe(true);
    expect(wants('usr/share/bottlerocket/application-inventory.json')).toBe(false);
  });

  test.each([
    [{ Version: '2.40', Release: '1.2', Epoch: '1', Architecture: 'x86_64' }, '1:2.40-1.2', 'x86_64'],
    [{ Version: '2.40', Release: '1.2', Epoch: 1 }, '1:2.40-1.2', undefined],
    [{ Version: '2.40', Release: '1.2', Epoch: '0' }, '2.40-1.2', undefined],
    [{ Version: '2.40', Epoch: 0 }, '2.40', undefined],
  ])('%j is %s', (entry, version, architecture) => {
    expect(parseInventory(inventoryOf({ Name: 'glibc', ...entry }), PATH)).toEqual({
      packages: [
        {
          ...{ type: 'bottlerocket', name: 'glibc', version, licenses: [], paths: [PATH] },
          ...(architecture && { architecture }),
        },
      ],
      diagnostics: [],
    });
  });

  test('an entry that is none is left out and said; control characters do not come through', () => {
    const { packages, diagnostics } = parseInventory(
      inventoryOf(7, null, { Name: 'a' }, { Name: 'b\x1b', Version: '1' }),
      PATH,
    );
    expect(packages).toMatchObject([{ name: 'b\ufffd', version: '1' }]);
    expect(diagnostics?.map(({ code }) => code)).toEqual(Array<string>(3).fill('PACKAGE_RECORD_INVALID'));
  });

  test.each(['', '{', 'null', '[]', '{"Content": 1}', '['.repeat(100_000)])(
    '%.10j holds no package',
    (text) => {
      const { packages, diagnostics } = parseInventory(text, PATH);
      expect(packages).toEqual([]);
      expect(diagnostics).toMatchObject([{ code: 'PACKAGE_DATABASE_DAMAGED' }]);
    },
  );

  test('any JSON gives an answer', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseInventory(inventoryOf(value), PATH)));
  });
});
