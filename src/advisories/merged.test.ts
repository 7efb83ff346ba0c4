import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Advisory, Vulnerability } from '../model/advisory.ts';
import type { Digest } from '../model/image.ts';
import { mergeStores } from './merged.ts';
import type { AdvisoryStore } from './source.ts';

const advisory = (id: string, more: Partial<Advisory> = {}): Advisory => ({
  id,
  vendorIds: [],
  affected: [{ fixed: '1' }],
  status: 'fixed',
  ...more,
});
const vulnerability = (id: string, more: Partial<Vulnerability> = {}): Vulnerability => ({
  id,
  severityBySource: {},
  cvssBySource: {},
  cwes: [],
  references: [],
  ...more,
});

function storeOf(
  source: string,
  advisories: readonly Advisory[],
  vulnerabilities: readonly Vulnerability[] = [],
  closed: string[] = [],
): AdvisoryStore {
  const digest = `sha256:${source.padEnd(64, '0')}` as Digest;
  return {
    version: { source, digest, builtAt: source === 'a' ? '2026-01-02T00:00:00Z' : '2026-01-01T00:00:00Z' },
    covers: (ecosystem) => ecosystem === source,
    find: ({ name }) => (name === 'x' ? advisories : []),
    knowsBuild: ({ nvr }) => nvr === source,
    vulnerability: (id) => vulnerabilities.find((each) => each.id === id),
    async [Symbol.asyncDispose]() {
      closed.push(source);
    },
  };
}

const found = (...stores: AdvisoryStore[]): string[] =>
  mergeStores(stores)
    .find({ ecosystem: 'npm', name: 'x' })
    .map(({ id, source }) => `${source?.id ?? ''} ${id}`);
const from = (id: string): Partial<Advisory> => ({ source: { id, name: id, url: '' } });

describe('several databases', () => {
  test('of each vulnerability the first that speaks is heard', () => {
    const a = storeOf('a', [
      advisory('CVE-1', from('a')),
      advisory('CVE-1', from('a')),
      advisory('CVE-2', from('a')),
    ]);
    const b = storeOf('b', [advisory('CVE-2', from('b')), advisory('CVE-3', from('b'))]);
    expect(found(a, b)).toEqual(['a CVE-1', 'a CVE-1', 'a CVE-2', 'b CVE-3']);
    expect(found(b, a)).toEqual(['b CVE-2', 'b CVE-3', 'a CVE-1', 'a CVE-1']);
  });

  test.each<[string, Advisory, Advisory, number]>([
    ['an alias', advisory('CVE-1'), advisory('GHSA-1', { aliases: ['CVE-1'] }), 1],
    ['an alias of the first', advisory('RUSTSEC-1', { aliases: ['CVE-1'] }), advisory('CVE-1'), 1],
    [
      'the same alias',
      advisory('RUSTSEC-1', { aliases: ['GHSA-1'] }),
      advisory('MAL-1', { aliases: ['GHSA-1'] }),
      1,
    ],
    ['an id beside', advisory('CVE-1', { vendorIds: ['GHSA-1'] }), advisory('GHSA-1'), 1],
    [
      'an announcement of many',
      advisory('CVE-1', { vendorIds: ['RHSA-1'] }),
      advisory('CVE-2', { vendorIds: ['RHSA-1'] }),
      2,
    ],
    ['nothing', advisory('CVE-1'), advisory('CVE-2'), 2],
  ])('are about the same by %s', (_, first, second, count) => {
    expect(found(storeOf('a', [first]), storeOf('b', [second]))).toHaveLength(count);
  });

  test('details that the first lacks are the second’s', () => {
    const a = storeOf(
      'a',
      [],
      [vulnerability('CVE-1', { title: 'A', severityBySource: { nvd: 'LOW' }, cwes: ['CWE-1'] })],
    );
    const b = storeOf(
      'b',
      [],
      [
        vulnerability('CVE-1', {
          title: 'B',
          description: 'B',
          severityBySource: { nvd: 'HIGH', ghsa: 'HIGH' },
          cwes: ['CWE-2'],
          references: ['b'],
        }),
        vulnerability('CVE-2'),
      ],
    );
    const merged = mergeStores([a, b]);
    expect(merged.vulnerability('CVE-1')).toEqual({
      id: 'CVE-1',
      title: 'A',
      description: 'B',
      severityBySource: { nvd: 'LOW', ghsa: 'HIGH' },
      cvssBySource: {},
      cwes: ['CWE-1'],
      references: ['b'],
    });
    expect(merged.vulnerability('CVE-2')).toEqual(vulnerability('CVE-2'));
    expect(merged.vulnerability('CVE-3')).toBeUndefined();
  });

  test('are one in everything else', async () => {
    const closed: string[] = [];
    const [a, b] = [storeOf('a', [], [], closed), storeOf('b', [], [], closed)];
    const merged = mergeStores([a, b]);
    expect(['a', 'b', 'c'].map((ecosystem) => merged.covers(ecosystem))).toEqual([true, true, false]);
    expect(merged.knowsBuild({ contentSets: [], nvr: 'b' })).toBe(true);
    expect(merged.version).toMatchObject({
      source: 'a+b',
      builtAt: '2026-01-01T00:00:00Z',
      parts: [a.version, b.version],
    });
    expect(merged.version.digest).not.toBe(mergeStores([b, a]).version.digest);
    await merged[Symbol.asyncDispose]();
    expect(closed).toEqual(['a', 'b']);
    expect(mergeStores([a])).toBe(a);
    expect(() => mergeStores([])).toThrow();
  });

  test('all of the first and nothing twice, whatever they say', () => {
    const id = fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'GHSA-1', 'GHSA-2');
    const one = fc
      .record({ id, aliases: fc.array(id, { maxLength: 2 }) })
      .map((told) => advisory(told.id, told));
    fc.assert(
      fc.property(fc.array(one), fc.array(one), (first, second) => {
        const merged = mergeStores([storeOf('a', first), storeOf('b', second)]).find({
          ecosystem: 'npm',
          name: 'x',
        });
        expect(merged.slice(0, first.length)).toEqual(first);
        const heard = new Set(first.flatMap((each) => [each.id, ...(each.aliases ?? [])]));
        expect(merged.slice(first.length)).toEqual(
          second.filter((each) => ![each.id, ...(each.aliases ?? [])].some((name) => heard.has(name))),
        );
      }),
    );
  });
});
