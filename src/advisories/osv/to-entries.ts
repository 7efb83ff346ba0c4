import type { VersionRange } from '../../model/advisory.ts';
import { dataSourceOf } from './data-sources.ts';
import { hasModules, isDistribution, normalName, toEcosystem } from './ecosystem-names.ts';
import { toRanges } from './ranges.ts';
import type { OsvAffected, OsvRecord } from './record.ts';
import { cvssOf, severityOfCvss, severityOfTitle, severityOfWord } from './severity.ts';
import { orderOf } from './version-order.ts';
import {
  advisoryKey,
  ecosystemKey,
  vulnerabilityKey,
  type StoredAdvisory,
  type StoredDetails,
} from './stored.ts';

export interface TableEntry {
  readonly key: string;
  readonly value: StoredAdvisory | StoredDetails | undefined;
}

const CVE = /^CVE-[0-9]{4}-[0-9]{4,}$/;
/** Records that a distribution makes of a CVE bear its name behind their own. */
const OF_CVE = /^[A-Z]+-(CVE-[0-9]{4}-[0-9]{4,})$/;

/**
 * What a record puts into the table: an advisory for each package and vulnerability, details of each vulnerability,
 * and names of ecosystems. Nothing when it is withdrawn, or about nothing that is found here.
 */
export function* toEntries(record: OsvRecord): Generator<TableEntry> {
  if (record.isWithdrawn) return;
  const affected = record.affected.flatMap((each) => {
    const ecosystem = toEcosystem(each.ecosystem);
    return ecosystem === undefined ? [] : [{ each, ecosystem }];
  });
  if (affected.length === 0) return;
  const ids = identify(
    record,
    affected.some(({ ecosystem }) => isDistribution(ecosystem)),
  );
  for (const { each, ecosystem } of affected) {
    yield { key: ecosystemKey(ecosystem), value: undefined };
    const told = toldOf(record, each, ecosystem);
    if (!told) continue;
    const key = advisoryKey(ecosystem, normalName(ecosystem, each.name));
    for (const id of ids) yield { key, value: { id, ...namesBeside(id, record), ...told } };
  }
  const details = toDetails(record, ids.length > 1);
  for (const id of ids) yield { key: vulnerabilityKey(id), value: { ...details, rank: rankOf(id, record) } };
}

/** The vulnerabilities that a record is about, by the names that other sources have for them. */
function identify(record: OsvRecord, isOfDistribution: boolean): readonly string[] {
  if (CVE.test(record.id)) return [record.id];
  const aliases = record.aliases.filter((alias) => CVE.test(alias));
  if (aliases.length > 0) return aliases.length === 1 ? aliases : [record.id];
  const upstream = record.upstream.filter((id) => CVE.test(id));
  if (upstream.length > 0) return upstream;
  const own = OF_CVE.exec(record.id)?.[1];
  if (own !== undefined) return [own];
  if (record.upstream.length === 1) return record.upstream;
  // Announcements named their vulnerabilities there before there was a field for them.
  const related = isOfDistribution ? record.related.filter((id) => CVE.test(id)) : [];
  return related.length > 0 ? related : [record.id];
}

function namesBeside(id: string, record: OsvRecord): Pick<StoredAdvisory, 'vendorIds' | 'aliases'> {
  const isAnnouncement = record.id !== id && !OF_CVE.test(record.id);
  const aliases = record.aliases.filter((alias) => alias !== id);
  // Who asks what else is known of it goes by these names.
  const standsFor = record.id === id && !CVE.test(id) ? aliases.filter((alias) => CVE.test(alias)) : [];
  const vendorIds = isAnnouncement ? [record.id] : standsFor;
  return {
    ...(vendorIds.length > 0 && { vendorIds }),
    ...(aliases.length > 0 && { aliases }),
  };
}

/** What is said of a package, whichever of the vulnerabilities it is; undefined where no version is. */
function toldOf(
  record: OsvRecord,
  affected: OsvAffected,
  ecosystem: string,
): Omit<StoredAdvisory, 'id'> | undefined {
  const { ranges, limited } = rangesOf(affected, ecosystem);
  if (ranges.length === 0) return undefined;
  const severity = ownSeverity(record, affected);
  return {
    source: dataSourceOf(record.id).id,
    ranges: ranges.map(({ introduced = null, fixed = null, lastAffected = null }) => [
      introduced,
      fixed,
      lastAffected,
    ]),
    ...(limited && { patched: fixesOf(affected) }),
    ...(affected.severityWord?.toLowerCase() === 'end-of-life' && { status: 'end_of_life' }),
    ...(severity && { severity }),
  };
}

/** Without ranges of versions each affected version is told by itself. */
function rangesOf(
  { ranges, versions }: OsvAffected,
  ecosystem: string,
): { readonly ranges: readonly VersionRange[]; readonly limited: boolean } {
  if (ranges.length === 0) {
    const single = versions.map((version) => ({ introduced: version, lastAffected: version }));
    return { ranges: single, limited: false };
  }
  // Which stream of a module it is, records do not say, and packages outside of modules have other versions.
  const told = ranges
    .flatMap((events) => toRanges(events, orderOf(ecosystem)))
    .filter(({ fixed }) => !(fixed?.includes('.module') === true && hasModules(ecosystem)));
  return { ranges: told, limited: ranges.some((range) => range.some(({ kind }) => kind === 'limit')) };
}

function fixesOf({ ranges }: OsvAffected): string[] {
  return ranges.flatMap((range) =>
    range.filter(({ kind }) => kind === 'fixed').map(({ version }) => version),
  );
}

/** What is said of this very package, or of all that an announcement is about. */
function ownSeverity(record: OsvRecord, affected: OsvAffected): StoredAdvisory['severity'] {
  const ubuntu = affected.severities.find(({ type }) => type === 'Ubuntu')?.score;
  const cvss = cvssOf(affected.severities);
  return (
    severityOfWord(affected.severityWord) ??
    severityOfWord(ubuntu) ??
    (cvss && severityOfCvss(cvss)) ??
    severityOfTitle(record.summary)
  );
}

function toDetails(record: OsvRecord, isOfMany: boolean): Omit<StoredDetails, 'rank'> {
  const cvss = cvssOf(record.severities);
  const ubuntu = record.severities.find(({ type }) => type === 'Ubuntu')?.score;
  const severity =
    severityOfWord(record.severityWord) ??
    severityOfWord(ubuntu) ??
    (record.id.startsWith('MAL-') ? 'CRITICAL' : undefined) ??
    (cvss && severityOfCvss(cvss));
  const { summary, details, publishedAt, modifiedAt, cwes, references } = record;
  return {
    source: dataSourceOf(record.id).id,
    ...(summary !== undefined && { title: summary }),
    // What many vulnerabilities share says little of each, and would be kept as often.
    ...(details !== undefined && !isOfMany && { description: details }),
    ...(severity && !isOfMany && { severity }),
    ...(cvss && !isOfMany && { cvss }),
    ...(cwes.length > 0 && { cwes }),
    ...(references.length > 0 && { references: isOfMany ? references.slice(0, 5) : references }),
    ...(publishedAt !== undefined && { publishedAt }),
    ...(modifiedAt !== undefined && !isOfMany && { modifiedAt }),
  };
}

/** Whose words come first where several tell of one vulnerability. */
function rankOf(id: string, record: OsvRecord): number {
  if (record.id === id) return 0;
  if (record.id.startsWith('GHSA-')) return 1;
  return record.aliases.includes(id) ? 2 : 3;
}
