import type { JsonObject } from '../../answer-json.ts';
import { toSeverityWord, type VulnerabilityItem } from '../../vulnerability-report.ts';
import { cvssOf, linksIn, objectIn, objectsIn, scoreIn, textIn, wordIn, wordsIn } from './fields.ts';

/** Trivy's `--format json`, schema 2; undefined for what is none. */
export function readTrivyJson(value: JsonObject): VulnerabilityItem[] | undefined {
  if (value['SchemaVersion'] !== 2) return undefined;
  return objectsIn(value['Results']).flatMap((result) =>
    objectsIn(result['Vulnerabilities']).flatMap(itemOf),
  );
}

function itemOf(one: JsonObject): VulnerabilityItem[] {
  const [id, name] = [wordIn(one['VulnerabilityID']), wordIn(one['PkgName'])];
  if (id === '' || name === '') return [];
  const [status, fix] = [wordIn(one['Status']), wordIn(one['FixedVersion'])];
  const layer = objectIn(one['Layer']);
  const [digest, diffId] = [wordIn(layer['Digest']), wordIn(layer['DiffID'])];
  const scores = objectIn(one['CVSS']);
  const cvss = preferred(scores, wordIn(one['SeveritySource']));
  const cwes = wordsIn(one['CweIDs']).filter((cwe) => /^CWE-\d{1,6}$/.test(cwe));
  return [
    {
      id,
      package: name,
      version: wordIn(one['InstalledVersion']),
      fix_version: fix,
      severity: toSeverityWord(one['Severity']),
      ...(status !== '' && { status }),
      description: textIn(one['Description']) || textIn(one['Title']),
      links: linksIn(one['PrimaryURL'], one['References']),
      ...((digest !== '' || diffId !== '') && {
        layer: { ...(digest !== '' && { digest }), ...(diffId !== '' && { diff_id: diffId }) },
      }),
      ...(cvss && { preferred_cvss: cvss }),
      ...(cwes.length > 0 && { cwe_ids: cwes }),
      ...(Object.keys(scores).length > 0 && { vendor_attributes: { CVSS: scores } }),
    },
  ];
}

/** Of the source whose severity counts, else of NVD, else of any. */
function preferred(scores: JsonObject, source: string): VulnerabilityItem['preferred_cvss'] {
  const names = [source, 'nvd', ...Object.keys(scores).sort()];
  const inOrder = names.flatMap((name) => (Object.hasOwn(scores, name) ? [objectIn(scores[name])] : []));
  const three = inOrder.find((one) => scoreIn(one['V3Score']) !== undefined);
  const two = inOrder.find((one) => scoreIn(one['V2Score']) !== undefined);
  return cvssOf(
    three && { score: scoreIn(three['V3Score']), vector: wordIn(three['V3Vector']) },
    two && { score: scoreIn(two['V2Score']), vector: wordIn(two['V2Vector']) },
  );
}
