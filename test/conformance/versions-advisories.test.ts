import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bitnami } from '../../src/versions/bitnami.ts';
import { composer } from '../../src/versions/composer.ts';
import { gem } from '../../src/versions/gem.ts';
import { generic } from '../../src/versions/generic.ts';
import { maven } from '../../src/versions/maven.ts';
import { npm } from '../../src/versions/npm.ts';
import { pep440 } from '../../src/versions/pep440.ts';
import type { AnyVersionScheme } from '../../src/versions/scheme.ts';
import { shared } from '../fixtures/shared.ts';

interface Facts {
  readonly ecosystem: string;
  readonly vulnerable?: readonly string[];
  readonly patched?: readonly string[];
  readonly unaffected?: readonly string[];
  readonly ranges?: readonly Readonly<Record<string, string>>[];
}

const schemes: ReadonlyMap<string, AnyVersionScheme> = new Map<string, AnyVersionScheme>([
  ['bitnami', bitnami],
  ['cargo', generic],
  ['composer', composer],
  ['go', generic],
  ['maven', maven],
  ['npm', npm],
  ['node-core', npm],
  ['js-library', npm],
  ['pypi', pep440],
  ['rubygems', gem],
]);
const OPERATOR: Readonly<Record<string, string>> = {
  introduced: '>=',
  introduced_after: '>',
  fixed: '<',
  last_affected: '<=',
};
/** Commits, dates and names where a version should stand: nothing that could be compared. */
const NO_RANGES = [
  '>=nightly.2026-03-10.0, <4.6.0',
  '>=0, <601688ee8e8808a23b102fa305b178f27cbd226d',
  '>=0, <RELEASE.2024-05-27t19-17-46z',
  '>=0, <64e00e7',
  '>=0, <~',
  '>=0, <0.2.0-n653',
  '>=0, <2019-09-12',
];

function rangesOf({ vulnerable = [], patched = [], unaffected = [], ranges = [] }: Facts): string[] {
  const joined = ranges.map((range) =>
    Object.entries(range)
      .flatMap(([end, version]) => (OPERATOR[end] ? [OPERATOR[end] + version] : []))
      .join(', '),
  );
  return [...vulnerable, ...patched, ...unaffected, ...joined].filter(Boolean);
}

describe.skipIf(!shared)('ranges of real advisories (needs ../shared)', () => {
  test.each([
    ['bitnami', 19_000],
    ['cargo', 2_000],
    ['composer', 5_000],
    ['go', 7_000],
    ['maven-victims', 700],
    ['mixed-enrichment', 1_500],
    ['node-core', 300],
    ['npm-retirejs', 1_000],
    ['npm-security-wg', 700],
    ['pypi', 5_000],
    ['rubygems', 2_500],
  ])('of %s are read, all %i and more', (name, atLeast) => {
    const lines = gunzipSync(readFileSync(join(shared ?? '', 'data/advisories', `${name}.jsonl.gz`)))
      .toString()
      .split('\n')
      .filter(Boolean);
    let count = 0;
    const unread: string[] = [];
    for (const line of lines) {
      const facts = JSON.parse(line) as Facts;
      const scheme = schemes.get(facts.ecosystem);
      if (!scheme) continue;
      for (const range of rangesOf(facts)) {
        count++;
        if (!scheme.parseConstraint?.(range)) unread.push(range);
      }
    }
    expect(unread.filter((range) => !NO_RANGES.includes(range))).toEqual([]);
    expect(count).toBeGreaterThan(atLeast);
  });
});
