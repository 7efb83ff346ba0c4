import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';

const MAX_LINE_CHARS = 4096;
/** As PEP 508 and PEP 440 have them; `==1.*` is a range. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const VERSION = /^v?[0-9][A-Za-z0-9.!+_-]*$/;

/**
 * The packages that a `requirements.txt` pins (`name==version`, `name===version`). Ranges have no version to tell,
 * and what it takes from other files (`-r`) or addresses is left out.
 *
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function parseRequirements(content: Uint8Array, path: string): FileResult | undefined {
  const packages = openLockedPackages('pypi', 'pip', path);
  let loose = 0;
  let line = 0;
  for (const row of decode(content).split('\n')) {
    line++;
    if (row.length > MAX_LINE_CHARS) continue;
    const requirement = requirementIn(row);
    if (requirement === '' || requirement.startsWith('-')) continue;
    const pinned = pinnedIn(requirement);
    if (pinned) packages.add({ ...pinned, lines: { startLine: line, endLine: line } });
    else if (/^[A-Za-z0-9]/.test(requirement)) loose++;
  }
  if (loose > 0)
    packages.diagnostics.add('PACKAGE_NOT_PINNED', `${loose} packages are not pinned and are left out`);
  return packages.result();
}

/** Without comment, marker, options and the sign that the line goes on. */
function requirementIn(row: string): string {
  const ends = [
    row.startsWith('#') ? 0 : row.indexOf(' #'),
    row.indexOf(';'),
    row.indexOf(' --'),
    row.indexOf('\\'),
  ];
  const end = Math.min(...ends.map((at) => (at < 0 ? row.length : at)));
  return row.slice(0, end).trim();
}

function pinnedIn(requirement: string): { name: string; version: string } | undefined {
  const at = requirement.indexOf('==');
  if (at < 0) return undefined;
  const stated = requirement.slice(0, at).trim();
  const extras = stated.indexOf('[');
  const name = (extras < 0 ? stated : stated.slice(0, extras)).trim();
  const version = requirement
    .slice(at)
    .replace(/^={2,3}/, '')
    .trim();
  return NAME.test(name) && VERSION.test(version) ? { name, version } : undefined;
}

/** Editors of Windows have written UTF-16, with its mark. */
function decode(content: Uint8Array): string {
  const [first, second] = content;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(content);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(content);
  return textOf(content);
}
