import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { damaged } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';
import { readHeaders } from './read-headers.ts';

const WANTED: ReadonlySet<string> = new Set([
  'name',
  'version',
  'license-expression',
  'license',
  'classifier',
]);
const LICENSE_CLASSIFIER = 'License :: ';
/** Groups of classifiers that name no licence. */
const GROUPS: ReadonlySet<string> = new Set(['OSI Approved', 'DFSG approved']);

/**
 * The distribution that core metadata describe.
 *
 * @see https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function parseMetadata(content: Uint8Array, path: string): FileResult {
  const headers = readHeaders(content, WANTED);
  const name = nameIn(headers.get('name')?.[0]);
  const version = versionIn(headers.get('version')?.[0]);
  if (name === undefined || version === undefined)
    return damaged('the metadata of a Python package give no name and version');
  const pkg: Package = {
    type: 'pypi',
    name,
    version,
    licenses: licensesOf(headers),
    application: 'python-pkg',
    paths: [path],
  };
  return { packages: [pkg] };
}

/** The expression counts alone; else the name in the old header, unless it is a whole text; else classifiers. */
function licensesOf(headers: ReadonlyMap<string, readonly string[]>): string[] {
  const [expression] = headers.get('license-expression') ?? [];
  if (expression) return licensesIn([expression]);
  const [license = ''] = headers.get('license') ?? [];
  const stated = license === 'UNKNOWN' || license.includes('\n') ? [] : licensesIn([license]);
  if (stated.length > 0) return stated;
  const classifiers = headers.get('classifier') ?? [];
  return licensesIn(
    classifiers
      .filter((classifier) => classifier.startsWith(LICENSE_CLASSIFIER))
      .map((classifier) => classifier.slice(classifier.lastIndexOf(':') + 1).trim())
      .filter((last) => !GROUPS.has(last)),
  );
}
