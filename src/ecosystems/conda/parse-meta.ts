import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';

/** Lengths in hex of the digests that a record may state, the best first. */
const DIGESTS = [
  ['sha256', 64],
  ['md5', 32],
] as const;

/** The package that a record in `conda-meta` describes. */
export function parseMeta(content: Uint8Array, path: string): FileResult {
  const record = recordOf(parseJson(textOf(content))?.value);
  const name = nameIn(own(record, 'name'));
  const version = versionIn(own(record, 'version'));
  if (!record || name === undefined || version === undefined)
    return damaged('the record of a conda package gives no name and version');
  const archiveDigest = digestIn(record);
  const pkg: Package = {
    type: 'conda',
    name,
    version,
    licenses: licensesIn([own(record, 'license')]),
    ...(archiveDigest && { archiveDigest }),
    application: 'conda-pkg',
    paths: [path],
  };
  return { packages: [pkg] };
}

function digestIn(record: JsonRecord): string | undefined {
  for (const [algorithm, chars] of DIGESTS) {
    const hex = own(record, algorithm);
    if (typeof hex === 'string' && hex.length === chars && /^[0-9a-f]+$/.test(hex))
      return `${algorithm}:${hex}`;
  }
  return undefined;
}
