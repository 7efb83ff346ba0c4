import type { JsonObject } from '../../answer-json.ts';
import { toSeverityWord, type VulnerabilityItem } from '../../vulnerability-report.ts';
import { cvssOf, linksIn, objectIn, objectsIn, scoreIn, textIn, wordIn, wordsIn } from './fields.ts';

const STATUSES: ReadonlyMap<string, string> = new Map([
  ['fixed', 'fixed'],
  ['not-fixed', 'affected'],
  ['wont-fix', 'will_not_fix'],
]);

/** Grype's `-o json`; undefined for what is none. */
export function readGrypeJson(value: JsonObject): VulnerabilityItem[] | undefined {
  if (!Array.isArray(value['matches'])) return undefined;
  return objectsIn(value['matches']).flatMap(itemOf);
}

function itemOf(match: JsonObject): VulnerabilityItem[] {
  const [one, artifact] = [objectIn(match['vulnerability']), objectIn(match['artifact'])];
  const [id, name] = [wordIn(one['id']), wordIn(artifact['name'])];
  if (id === '' || name === '') return [];
  const fix = objectIn(one['fix']);
  const related = objectsIn(match['relatedVulnerabilities']);
  const aliases = [...new Set(related.map((other) => wordIn(other['id'])))].filter(
    (other) => other !== '' && other !== id,
  );
  const status = STATUSES.get(wordIn(fix['state']));
  const layer = wordIn(objectIn(objectsIn(artifact['locations'])[0])['layerID']);
  const cvss = preferred([one, ...related]);
  return [
    {
      id,
      package: name,
      version: wordIn(artifact['version']),
      fix_version: wordsIn(fix['versions']).join(', '),
      severity: toSeverityWord(one['severity']),
      ...(status !== undefined && { status }),
      description: [one, ...related].map((other) => textIn(other['description'])).find(Boolean) ?? '',
      links: linksIn(one['dataSource'], one['urls'], ...related.map((other) => other['dataSource'])),
      ...(layer !== '' && { layer: { diff_id: layer } }),
      ...(cvss && { preferred_cvss: cvss }),
      ...(aliases.length > 0 && { vendor_attributes: { aliases } }),
    },
  ];
}

/** The database's own scores before those of records that it refers to. */
function preferred(records: readonly JsonObject[]): VulnerabilityItem['preferred_cvss'] {
  const all = records.flatMap((record) => objectsIn(record['cvss']));
  const of = (major: string): { score: number | undefined; vector: string } | undefined => {
    const found = all.find(
      (one) =>
        wordIn(one['version']).startsWith(major) &&
        scoreIn(objectIn(one['metrics'])['baseScore']) !== undefined,
    );
    return (
      found && {
        score: scoreIn(objectIn(found['metrics'])['baseScore']),
        vector: wordIn(found['vector']),
      }
    );
  };
  return cvssOf(of('3'), of('2'));
}
