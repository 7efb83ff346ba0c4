import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { parseRecord } from './parse-record.ts';
import { cvssOf, severityOfCvss, severityOfTitle, severityOfWord } from './severity.ts';
import { toEntries } from './to-entries.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** By key, what a record puts into the table. */
function entriesOf(record: object): Map<string, unknown[]> {
  const entries = new Map<string, unknown[]>();
  for (const { key, value } of toEntries(parseRecord(bytes(record))))
    entries.set(key.replaceAll('\0', ' '), [...(entries.get(key.replaceAll('\0', ' ')) ?? []), value]);
  return entries;
}

const inNpm = (ranges: unknown, more: object = {}): object => ({
  package: { ecosystem: 'npm', name: 'Left-Pad' },
  ranges,
  ...more,
});
const upTo = (fixed: string): object[] => [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }];

describe('a record', () => {
  test('is known by its only CVE, under the name that its ecosystem has for the package', () => {
    const entries = entriesOf({
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2025-1111', 'PYSEC-2025-1'],
      summary: 'A title',
      details: 'Words',
      modified: '2026-01-02T00:00:00Z',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }],
      affected: [inNpm(upTo('1.3.0'))],
      references: [{ type: 'WEB', url: 'https://example.org/a' }, { url: 'javascript:alert(1)' }],
      database_specific: { severity: 'MODERATE', cwe_ids: ['CWE-79', 'CWE-x'] },
    });
    expect(entries.get('a npm left-pad')).toEqual([
      {
        id: 'CVE-2025-1111',
        source: 'ghsa',
        vendorIds: ['GHSA-aaaa-bbbb-cccc'],
        aliases: ['PYSEC-2025-1'],
        ranges: [[null, '1.3.0', null]],
      },
    ]);
    expect(entries.get('v CVE-2025-1111')).toEqual([
      {
        source: 'ghsa',
        rank: 1,
        title: 'A title',
        description: 'Words',
        severity: 'MEDIUM',
        cvss: { v3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', v3Score: 7.5 },
        cwes: ['CWE-79'],
        references: ['https://example.org/a'],
        modifiedAt: '2026-01-02T00:00:00Z',
      },
    ]);
    expect(entries.has('e npm')).toBe(true);
  });

  test.each<[string, object, string[]]>([
    [
      'several CVEs: its own id',
      { id: 'RUSTSEC-2020-1', aliases: ['CVE-2020-1000', 'CVE-2020-1001'] },
      ['RUSTSEC-2020-1'],
    ],
    ['none: its own id', { id: 'MAL-2025-1', aliases: ['GHSA-x'] }, ['MAL-2025-1']],
    ['itself one', { id: 'CVE-2020-1000', aliases: ['CVE-2020-1001'] }, ['CVE-2020-1000']],
    ['what it is about', { id: 'UBUNTU-CVE-2020-1000', upstream: ['CVE-2020-1000'] }, ['CVE-2020-1000']],
    ['its name alone', { id: 'DEBIAN-CVE-2020-1000' }, ['CVE-2020-1000']],
    [
      'an announcement of many',
      { id: 'RHSA-2025:1', upstream: ['CVE-2020-1000', 'CVE-2020-1001', 'GHSA-y'] },
      ['CVE-2020-1000', 'CVE-2020-1001'],
    ],
    ['one without a CVE', { id: 'CGA-1', upstream: ['GHSA-z'] }, ['GHSA-z']],
  ])('is named by %s', (_, fields, ids) => {
    const entries = entriesOf({ ...fields, affected: [inNpm(upTo('2'))] });
    expect(entries.get('a npm left-pad')?.map((value) => (value as { id: string }).id)).toEqual(ids);
    expect([...entries.keys()].filter((key) => key.startsWith('v '))).toEqual(ids.map((id) => `v ${id}`));
  });

  test('one of several CVEs names them, as what else is known of it goes by their names', () => {
    const aliases = ['CVE-2020-1000', 'PYSEC-2020-1', 'CVE-2020-1001'];
    const entries = entriesOf({ id: 'GHSA-x', aliases, affected: [inNpm(upTo('2'))] });
    expect(entries.get('a npm left-pad')).toMatchObject([
      { id: 'GHSA-x', vendorIds: ['CVE-2020-1000', 'CVE-2020-1001'], aliases },
    ]);
  });

  test('an older announcement names its vulnerabilities as related; its title says how grave it is', () => {
    const entries = entriesOf({
      id: 'ALSA-2025:1',
      related: ['CVE-2020-1000', 'CVE-2020-1001'],
      summary: 'Important: openssl security update',
      affected: [
        {
          package: { ecosystem: 'AlmaLinux:9', name: 'openssl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:3.0-1.el9' }] }],
        },
        {
          package: { ecosystem: 'AlmaLinux:9', name: 'npm' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:8-1.module_el9+1' }] }],
        },
      ],
    });
    expect(entries.get('a AlmaLinux:9 openssl')).toEqual(
      ['CVE-2020-1000', 'CVE-2020-1001'].map((id) => ({
        id,
        source: 'alma',
        vendorIds: ['ALSA-2025:1'],
        ranges: [[null, '1:3.0-1.el9', null]],
        severity: 'HIGH',
      })),
    );
    // A module's package says nothing of those outside of it.
    expect(entries.has('a AlmaLinux:9 npm')).toBe(false);
  });

  test('versions count one by one where no range tells them; commits do not count', () => {
    const git = { type: 'GIT', repo: 'https://example.org', events: [{ introduced: '0' }, { fixed: 'abc' }] };
    const entries = entriesOf({
      id: 'PYSEC-1',
      affected: [inNpm([git], { versions: ['1.0', '1.1', 7, ''] })],
    });
    expect(entries.get('a npm left-pad')).toMatchObject([
      {
        ranges: [
          ['1.0', null, '1.0'],
          ['1.1', null, '1.1'],
        ],
      },
    ]);
    expect(entriesOf({ id: 'PYSEC-1', affected: [inNpm([git])] }).has('a npm left-pad')).toBe(false);
    const both = entriesOf({ id: 'PYSEC-1', affected: [inNpm([git, ...upTo('2')], { versions: ['1.0'] })] });
    expect(both.get('a npm left-pad')).toMatchObject([{ ranges: [[null, '2', null]] }]);
  });

  test('a limit ends a range, but is no version to go to', () => {
    const events = [{ introduced: '1' }, { limit: '2' }, { introduced: '3' }, { fixed: '3.1' }];
    const entries = entriesOf({ id: 'X-1', affected: [inNpm([{ type: 'SEMVER', events }])] });
    expect(entries.get('a npm left-pad')).toMatchObject([
      {
        ranges: [
          ['1', '2', null],
          ['3', '3.1', null],
        ],
        patched: ['3.1'],
      },
    ]);
  });

  test('one that was withdrawn, or is about nothing that is found here, says nothing', () => {
    const affected = [inNpm(upTo('2'))];
    expect(entriesOf({ id: 'X-1', withdrawn: '2025-01-01T00:00:00Z', affected }).size).toBe(0);
    expect(entriesOf({ id: 'X-1', affected: [{ package: { ecosystem: 'Android', name: 'x' } }] }).size).toBe(
      0,
    );
    expect(entriesOf({ id: 'X-1' }).size).toBe(0);
  });

  test('malice is critical', () => {
    const entries = entriesOf({ id: 'MAL-2025-1', affected: [inNpm(upTo('2'))] });
    expect(entries.get('v MAL-2025-1')).toMatchObject([
      { severity: 'CRITICAL', source: 'malicious-packages' },
    ]);
  });

  test('a severity for one package stays with it', () => {
    const of = (word: string): object => ({ ecosystem_specific: { urgency: word } });
    const range = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }];
    const entries = entriesOf({
      id: 'DEBIAN-CVE-2020-1000',
      affected: [
        { package: { ecosystem: 'Debian:12', name: 'a' }, ranges: range, ...of('unimportant') },
        { package: { ecosystem: 'Debian:12', name: 'b' }, ranges: range, ...of('not yet assigned') },
        { package: { ecosystem: 'Debian:12', name: 'c' }, ranges: range, ...of('end-of-life') },
      ],
    });
    expect(entries.get('a Debian:12 a')).toEqual([
      { id: 'CVE-2020-1000', source: 'debian', ranges: [[null, null, null]], severity: 'LOW' },
    ]);
    expect(entries.get('a Debian:12 b')?.[0]).not.toHaveProperty('severity');
    expect(entries.get('a Debian:12 c')).toMatchObject([{ status: 'end_of_life' }]);
  });
});

describe('a hostile record', () => {
  test.each<[string, string | object]>([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no id', {}],
    ['an id with blanks', { id: 'a b' }],
    ['an id that obeys no terminal', { id: 'a\u001b[2J' }],
    ['depth', `{"id":"X-1","x":${'['.repeat(100)}${']'.repeat(100)}}`],
    ['many lists', `{"id":"X-1","x":[${'[],'.repeat(1_100_000)}0]}`],
    ['many packages', { id: 'X-1', affected: Array(20_001).fill({}) }],
    ['many versions', { id: 'X-1', affected: [inNpm([], { versions: Array(20_001).fill('1') })] }],
    ['many events', { id: 'X-1', affected: [inNpm([{ type: 'SEMVER', events: Array(10_001).fill({}) }])] }],
  ])('is refused: %s', (_, content) => {
    const record = typeof content === 'string' ? Buffer.from(content) : bytes(content);
    expect(() => parseRecord(record)).toThrow(DrydockError);
  });

  test('names of prototypes are names like any other', () => {
    const entries = entriesOf(
      JSON.parse(
        '{"id":"X-1","__proto__":{"withdrawn":"2020-01-01"},"affected":[{"package":{"ecosystem":"npm","name":"__proto__"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}',
      ) as object,
    );
    expect(entries.has('a npm __proto__')).toBe(true);
  });

  test('whatever stands where, there is an answer or a typed error', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        tie('object'),
      ),
      object: fc.dictionary(
        fc.constantFrom(
          'id',
          'package',
          'name',
          'ecosystem',
          'events',
          'introduced',
          'fixed',
          'type',
          'score',
          'url',
        ),
        tie('any'),
        { maxKeys: 4 },
      ),
    })).any;
    const field = fc.oneof(value, fc.array(value, { maxLength: 4 }));
    const affected = fc.array(
      fc.oneof(
        value,
        fc.record({
          package: fc.oneof(value, fc.constant({ ecosystem: 'PyPI', name: 'x' })),
          ranges: fc.oneof(
            field,
            fc.array(fc.record({ type: fc.constantFrom('ECOSYSTEM', 'GIT'), events: field }), {
              maxLength: 3,
            }),
          ),
          versions: field,
          severity: field,
          ecosystem_specific: value,
        }),
      ),
      { maxLength: 3 },
    );
    const record = fc.record({
      id: fc.oneof(fc.constant('GHSA-x'), value),
      aliases: field,
      upstream: field,
      related: field,
      withdrawn: fc.option(value, { nil: undefined }),
      modified: value,
      summary: value,
      details: value,
      severity: field,
      references: field,
      database_specific: value,
      affected: fc.oneof(affected, value),
    });
    fc.assert(
      fc.property(record, (json) => {
        try {
          JSON.stringify([...toEntries(parseRecord(bytes(json)))]);
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        expect(() => parseRecord(content)).toThrow(DrydockError);
      }),
    );
  });
});

describe('severities', () => {
  test.each([
    ['moderate', 'MEDIUM'],
    ['Important', 'HIGH'],
    ['low**', 'LOW'],
    ['negligible', 'LOW'],
    ['not yet assigned', undefined],
    ['toString', undefined],
  ])('%s is %s', (word, severity) => expect(severityOfWord(word)).toBe(severity));
  test('titles begin with them', () => {
    expect(severityOfTitle('Critical: x')).toBe('CRITICAL');
    expect(severityOfTitle('Critical x')).toBeUndefined();
  });
  test.each([
    ['CVSS_V3', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', { v3Score: 9.8 }, 'CRITICAL'],
    ['CVSS_V3', 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N', { v3Score: 6.5 }, 'MEDIUM'],
    [
      'CVSS_V4',
      'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
      { v40Score: 9.3 },
      'CRITICAL',
    ],
    ['CVSS_V2', 'AV:N/AC:L/Au:N/C:C/I:C/A:C', { v2Score: 10 }, 'HIGH'],
  ])('%s %s', (type, score, scores, severity) => {
    const cvss = cvssOf([{ type, score }]);
    expect(cvss).toMatchObject(scores);
    expect(severityOfCvss(cvss ?? {})).toBe(severity);
  });
  test.each([
    '',
    'CVSS:3.1/AV:N',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N',
    'nonsense/nonsense',
    '__proto__:x/a:b',
  ])('%s has no score', (score) => expect(cvssOf([{ type: 'CVSS_V3', score }])).toBeUndefined());
});
