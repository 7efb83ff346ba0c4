import type { OsClue } from '../../model/analysis.ts';
import { familyOfId, familyOfProduct } from './families.ts';
import { parseAssignments, printable } from './parse-assignments.ts';

const MAX_VERSION_LENGTH = 64;

function clueOf(family: string | undefined, version: string, prettyName = ''): OsClue | undefined {
  const text = printable(version).trim().slice(0, MAX_VERSION_LENGTH);
  if (family === undefined && prettyName === '') return undefined;
  return {
    ...(family !== undefined && { family }),
    ...(family !== undefined && text !== '' && { version: text }),
    ...(prettyName !== '' && { prettyName: prettyName.slice(0, 256) }),
  };
}

/** os-release: `ID`, `VERSION_ID`, or the code name where a release has no number yet. `ID_LIKE` is no family. */
export function parseOsRelease(text: string): OsClue | undefined {
  const values = parseAssignments(text);
  const value = (name: string): string => values.get(name) ?? '';
  const id = familyOfId(value('ID'));
  const isStream =
    id === 'centos' && ['NAME', 'VERSION', 'PRETTY_NAME'].some((name) => value(name).includes('Stream'));
  return clueOf(
    isStream ? 'centos-stream' : id,
    value('VERSION_ID') || value('VERSION_CODENAME'),
    value('PRETTY_NAME'),
  );
}

/** lsb-release, which only counts for Ubuntu. */
export function parseLsbRelease(text: string): OsClue | undefined {
  const values = parseAssignments(text);
  if (values.get('DISTRIB_ID')?.toLowerCase() !== 'ubuntu') return undefined;
  return clueOf('ubuntu', values.get('DISTRIB_RELEASE') ?? '', values.get('DISTRIB_DESCRIPTION'));
}

/** `Rocky Linux release 8.5 (Green Obsidian)`, as Red Hat and its kin write it. */
export function parseProductRelease(text: string): OsClue | undefined {
  const line = firstLine(text);
  const at = line.toLowerCase().indexOf(' release ');
  const family = at < 0 ? undefined : familyOfProduct(line.slice(0, at));
  if (family === undefined) return undefined;
  const version = line.slice(at + ' release '.length).trim();
  if (family === 'amazon') return clueOf(family, amazonVersion(line, version));
  return clueOf(family, /^[0-9][0-9.]*/.exec(version)?.[0] ?? '');
}

/** Amazon's version is all that follows, as Trivy has it: `2 (Karoo)`, and `AMI release 2018.03` of the first one. */
function amazonVersion(line: string, version: string): string {
  const start = 'Amazon Linux '.length;
  return line.slice(start).startsWith('AMI ') ? line.slice(start) : version;
}

export function parseAlpineRelease(text: string): OsClue | undefined {
  const version = firstLine(text);
  return /^[0-9]/.test(version) ? clueOf('alpine', version) : undefined;
}

/** `12.4`, or the names of a release that is not out: `trixie/sid`. */
export function parseDebianVersion(text: string): OsClue | undefined {
  const version = firstLine(text);
  return version === '' ? undefined : clueOf('debian', version);
}

const MAX_LINE_LENGTH = 1_024;

function firstLine(text: string): string {
  const line =
    text
      .slice(0, 64 * MAX_LINE_LENGTH)
      .trimStart()
      .split(/\r?\n/, 1)[0] ?? '';
  return printable(line.slice(0, MAX_LINE_LENGTH)).trim();
}
