import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEnrichment } from '../../src/advisories/enrichment/enrichment.ts';
import { enrichmentSource } from '../../src/advisories/enrichment/source.ts';
import { osvSource } from '../../src/advisories/osv/source.ts';
import type { AdvisoryStore } from '../../src/advisories/source.ts';
import { bitnamiEcosystem } from '../../src/ecosystems/bitnami/bitnami.ts';
import { cargoEcosystem } from '../../src/ecosystems/cargo/cargo.ts';
import type { Ecosystem } from '../../src/ecosystems/ecosystem.ts';
import { gemEcosystem } from '../../src/ecosystems/gem/gem.ts';
import { golangEcosystem } from '../../src/ecosystems/golang/golang.ts';
import { mavenEcosystem } from '../../src/ecosystems/maven/maven.ts';
import { npmEcosystem } from '../../src/ecosystems/npm/npm.ts';
import { pypiEcosystem } from '../../src/ecosystems/pypi/pypi.ts';
import { prepareAdvisories } from '../../src/match/prepare-advisories.ts';
import type { AnyVersionScheme } from '../../src/versions/scheme.ts';
import { deb } from '../../src/versions/deb.ts';
import { osvArchive } from '../fixtures/osv-records.ts';
import { shared } from '../fixtures/shared.ts';

interface Range {
  readonly introduced?: string;
  readonly introduced_after?: string;
  readonly fixed?: string;
  readonly last_affected?: string;
}

interface Fact {
  readonly id: string;
  readonly package: string;
  readonly aliases?: readonly string[];
  readonly ecosystem: string;
  readonly release?: string;
  readonly ranges?: readonly Range[];
  readonly fixed?: readonly string[];
  readonly patched?: readonly string[];
  readonly vulnerable?: readonly string[];
  readonly unaffected?: readonly string[];
  readonly withdrawn?: string;
}

function factsOf<T = Fact>(file: string): T[] {
  const text = gunzipSync(
    readFileSync(join(shared ?? '', 'data', 'advisories', `${file}.jsonl.gz`)),
  ).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** Affected ranges of a fact, where it tells them in a way that a record can. */
function rangesOf({ ranges, patched, vulnerable, unaffected }: Fact): readonly Range[] {
  if (ranges) return ranges.some((range) => range.introduced_after !== undefined) ? [] : ranges;
  const from =
    patched?.length === 1 && !unaffected ? /^>= ?([^,\s]+)$/.exec(patched[0] ?? '')?.[1] : undefined;
  if (from !== undefined && !vulnerable) return [{ introduced: '0', fixed: from }];
  // Up to a version within a series.
  const told = (vulnerable ?? []).map((text) => /^<=([^,\s<>=|]+),([0-9.]+)$/.exec(text));
  return told.every((match) => match)
    ? told.map((match) => ({ introduced: match?.[2] ?? '', last_affected: match?.[1] ?? '' }))
    : [];
}

function toRecord(fact: Fact, ecosystem: string, number: number): Record<string, unknown> {
  const others = [fact.id, ...(fact.aliases ?? [])];
  const own = others.find((id) => !id.startsWith('CVE-')) ?? fact.id;
  const events = rangesOf(fact).flatMap(({ introduced = '0', fixed, last_affected }) => [
    { introduced },
    ...(fixed === undefined ? [] : [{ fixed }]),
    ...(last_affected === undefined ? [] : [{ last_affected }]),
  ]);
  // What is out of order must come out the same.
  const turned = number % 3 === 0 && events.length === 2 ? events.toReversed() : events;
  return {
    schema_version: '1.7.0',
    id: own,
    modified: '2026-11-01T00:00:00Z',
    aliases: others.filter((id) => id !== own),
    affected: [
      {
        package: { ecosystem, name: fact.package },
        ranges: [
          { type: ecosystem === 'npm' || ecosystem === 'Go' ? 'SEMVER' : 'ECOSYSTEM', events: turned },
        ],
      },
    ],
  };
}

/** Some end before they begin, which everybody reads in another way. */
function isTwisted(fact: Fact, scheme: AnyVersionScheme): boolean {
  return rangesOf(fact).some(({ introduced = '0', fixed, last_affected = fixed }) => {
    const [from, to] = [introduced, last_affected ?? ''].map((text) => scheme.parse(text));
    return introduced !== '0' && from !== undefined && to !== undefined && scheme.compare(from, to) > 0;
  });
}

/** What the fact itself says, by a plain reading of it. */
function isAffected(fact: Fact, version: unknown, scheme: AnyVersionScheme): boolean | undefined {
  const order = (text: string): number => {
    const parsed = scheme.parse(text);
    return parsed === undefined ? Number.NaN : scheme.compare(version, parsed);
  };
  let answer = false;
  if (isTwisted(fact, scheme)) return undefined;
  for (const { introduced = '0', fixed, last_affected } of rangesOf(fact)) {
    const above = introduced === '0' ? 1 : order(introduced);
    const below = fixed === undefined ? -1 : order(fixed);
    const upTo = last_affected === undefined ? -1 : order(last_affected);
    if ([above, below, upTo].some(Number.isNaN)) return undefined;
    answer ||= above >= 0 && below < 0 && upTo <= 0;
  }
  return answer;
}

const KINDS: readonly (readonly [file: string, ecosystem: Ecosystem, least: number])[] = [
  ['npm-retirejs', npmEcosystem, 1500],
  ['pypi', pypiEcosystem, 4000],
  ['go', golangEcosystem, 7000],
  ['cargo', cargoEcosystem, 1200],
  ['rubygems', gemEcosystem, 500],
  ['maven-victims', mavenEcosystem, 200],
  ['bitnami', bitnamiEcosystem, 10_000],
];

const signal = new AbortController().signal;
const noNetwork = (): Promise<never> => Promise.reject(new Error('the network was asked'));

describe.skipIf(!shared)('records made of real facts (needs ../shared)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drydock-osv-facts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function storeOf(name: string, records: readonly Record<string, unknown>[]): Promise<AdvisoryStore> {
    const path = join(folder, `${name}.zip`);
    // Names of entries are those of records, of which several may be about one vulnerability.
    writeFileSync(path, osvArchive(records));
    const source = osvSource({ root: folder, sources: [path], transport: noNetwork });
    await source.update({ signal });
    expect(await source.status()).toMatchObject([{ records: records.length, refused: 0 }]);
    return await source.open();
  }

  test.each(KINDS)(
    '%s: first, last and fixed versions are judged as the facts say',
    async (file, kind, least) => {
      const { advisories } = kind;
      const ecosystem = advisories?.ecosystem ?? '';
      const scheme = kind.versions;
      const facts = factsOf(file).filter((fact) => rangesOf(fact).length > 0 && fact.withdrawn === undefined);
      await using store = await storeOf(
        file,
        facts.map((fact, at) => toRecord(fact, ecosystem, at)),
      );
      const wrong: string[] = [];
      let asked = 0;
      const byPackage = new Map<string, Fact[]>();
      for (const fact of facts) byPackage.set(fact.package, [...(byPackage.get(fact.package) ?? []), fact]);
      for (const [name, about] of byPackage) {
        const key =
          advisories?.nameOf({ type: kind.type, name, version: '1', licenses: [], paths: [] }) ?? name;
        const prepared = prepareAdvisories(store.find({ ecosystem, name: key }), scheme, true);
        for (const fact of about) {
          const bounds = rangesOf(fact).flatMap(({ introduced, fixed, last_affected }) => [
            introduced,
            fixed,
            last_affected,
          ]);
          for (const text of new Set(bounds)) {
            const version = text === undefined || text === '0' ? undefined : scheme.parse(text);
            if (version === undefined) continue;
            // Several facts may speak of one vulnerability of one package.
            const said = about
              .filter(({ id }) => id === fact.id)
              .map((each) => isAffected(each, version, scheme));
            if (said.includes(undefined)) continue;
            asked++;
            const names = new Set([fact.id, ...(fact.aliases ?? [])]);
            const found = prepared
              .affecting(version)
              .some(
                ({ advisory: { id, aliases = [], vendorIds } }) =>
                  [id, ...aliases, ...vendorIds].includes(fact.id) && names.has(id),
              );
            if (found !== said.includes(true)) wrong.push(`${fact.id} ${name} ${text ?? ''}: ${found}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(least);
    },
    120_000,
  );

  test('Debian: one fixed version for each package and vulnerability', async () => {
    const facts = factsOf('debian-12').filter(({ fixed }) => fixed?.length === 1);
    const records = facts.map(({ id, package: name, fixed }) => ({
      id: `DEBIAN-${id}`,
      upstream: [id],
      modified: '2026-11-01T00:00:00Z',
      affected: [
        {
          package: { ecosystem: 'Debian:12', name },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: fixed?.[0] }] }],
        },
      ],
    }));
    await using store = await storeOf('debian', records);
    for (const { id, package: name, fixed = [] } of facts) {
      const advisories = store
        .find({ ecosystem: 'Debian:12', name })
        .filter((advisory) => advisory.id === id);
      const version = deb.parse(fixed[0] ?? '');
      expect(advisories.map(({ affected }) => affected[0]?.fixed)).toContain(fixed[0]);
      const after = prepareAdvisories(
        advisories.filter(({ affected }) => affected[0]?.fixed === fixed[0]),
        deb,
        true,
      );
      expect(after.affecting(version)).toEqual([]);
    }
    expect(facts.length).toBeGreaterThan(5000);
  }, 60_000);

  test('the catalogue of exploited vulnerabilities', async () => {
    const facts = factsOf<{ id: string; added: string; due: string }>('kev');
    const vulnerabilities = facts.map(({ id, added, due }) => ({
      cveID: id,
      dateAdded: added,
      dueDate: due,
    }));
    const kev = join(folder, 'kev.json');
    writeFileSync(kev, JSON.stringify({ dateReleased: '2026-11-20T00:00:00Z', vulnerabilities }));
    await enrichmentSource({ root: folder, kev, transport: noNetwork }).update({ signal });
    using enrichment = await openEnrichment(folder);
    for (const { id, added, due } of facts)
      expect(enrichment.exploited(id)).toEqual({ addedOn: added, dueOn: due });
    expect(facts.length).toBeGreaterThan(1000);
  });
});
