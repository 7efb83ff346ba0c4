import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { apk } from '../../versions/apk.ts';
import { openDiagnosticList, shown, type DiagnosticList } from '../diagnostic-list.ts';
import { parseLicenses } from './licenses.ts';
import { readRecords, type ApkRecord } from './read-records.ts';

/** Checksum, name, version, architecture, licence, origin, maintainer, dependencies, provided names. */
const FIELDS = 'CPVALomDp';

/** Real databases hold some hundreds. */
const MAX_RECORDS = 200_000;
const MAX_NAME_LENGTH = 256;
const MAX_VERSION_LENGTH = 1_024;

interface Entry {
  readonly pkg: Package;
  readonly requires: readonly string[];
  readonly provides: readonly string[];
}

/**
 * Packages of apk's installed database. Dependencies are the packages of the same file that bear or provide the
 * required name (`musl`, `so:libc.musl-x86_64.so.1`, `cmd:sh`, `/bin/sh`).
 */
export function parseInstalled(content: Uint8Array, path: string): FileResult {
  const diagnostics = openDiagnosticList();
  const entries = new Map<string, Entry>();
  let records = 0;
  for (const record of readRecords(content, FIELDS)) {
    if (++records > MAX_RECORDS) {
      diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_RECORDS} records were read`);
      break;
    }
    const entry = toEntry(record, path, diagnostics);
    if (entry && !entries.has(entry.pkg.name)) entries.set(entry.pkg.name, entry);
  }
  noteDamage(content, records, diagnostics);
  return { packages: withDependencies([...entries.values()]), diagnostics: diagnostics.all() };
}

function toEntry(record: ApkRecord, path: string, diagnostics: DiagnosticList): Entry | undefined {
  const field = (letter: string): string => (record.fields.get(letter) ?? '').replace(CONTROL, '\ufffd');
  const name = field('P');
  const version = field('V');
  const about = name === '' ? `the record at line ${record.line}` : `package ${shown(name)}`;
  if (record.oddLines > 0) {
    diagnostics.add('PACKAGE_RECORD_DAMAGED', `${about} holds ${record.oddLines} lines that are no field`);
  }
  if (!isName(name) || version === '' || version.length > MAX_VERSION_LENGTH) {
    const what =
      name === '' ? 'no name' : isName(name) ? 'no usable version' : 'a name that no package can have';
    diagnostics.add('PACKAGE_RECORD_INVALID', `${about} has ${what} and is left out`);
    return undefined;
  }
  if (!apk.parse(version)) {
    diagnostics.add(
      'PACKAGE_VERSION_INVALID',
      `${about} has ${shown(version)} for a version, which is not compared`,
    );
  }
  return {
    pkg: toPackage(name, version, field, path),
    requires: namesIn(field('D')).filter((required) => !required.startsWith('!')),
    provides: namesIn(field('p')),
  };
}

const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

function toPackage(name: string, version: string, field: (letter: string) => string, path: string): Package {
  const [architecture, maintainer, origin] = [field('A'), field('m'), field('o')];
  const archiveDigest = parseChecksum(field('C'));
  return {
    type: 'apk',
    name,
    version,
    ...(architecture && { architecture }),
    // All packages of an origin are built together and share its version.
    source: { name: isName(origin) ? origin : name, version },
    licenses: parseLicenses(field('L')),
    ...(maintainer && { maintainer }),
    ...(archiveDigest && { archiveDigest }),
    paths: [path],
  };
}

function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9_.][A-Za-z0-9+._-]*$/.test(text);
}

/** Space-separated names without their version conditions: `so:libssl.so.3=3 musl>=1.2` and the like. */
function namesIn(field: string): string[] {
  return field
    .split(/\s+/)
    .map((word) => word.split(/[<>=~]/, 1)[0] ?? '')
    .filter(Boolean);
}

const CHECKSUMS = [
  { prefix: 'Q1', algorithm: 'sha1', bytes: 20 },
  { prefix: 'Q2', algorithm: 'sha256', bytes: 32 },
] as const;

function parseChecksum(field: string): string | undefined {
  const kind = CHECKSUMS.find(({ prefix }) => field.startsWith(prefix));
  if (!kind || field.length > 64) return undefined;
  const hash = Buffer.from(field.slice(kind.prefix.length), 'base64');
  return hash.length === kind.bytes ? `${kind.algorithm}:${hash.toString('hex')}` : undefined;
}

function noteDamage(content: Uint8Array, records: number, diagnostics: DiagnosticList): void {
  if (content.includes(0)) {
    diagnostics.add('PACKAGE_DATABASE_DAMAGED', 'the package database holds bytes that are no text');
  } else if (records === 0 && content.length > 0) {
    diagnostics.add('PACKAGE_DATABASE_DAMAGED', 'the package database holds no package record');
  } else if (records > 0 && content.at(-1) !== 0x0a) {
    diagnostics.add(
      'PACKAGE_DATABASE_TRUNCATED',
      'the package database ends within a line; packages may be missing',
    );
  }
}

function withDependencies(entries: readonly Entry[]): Package[] {
  const providers = new Map(entries.map(({ pkg }) => [pkg.name, pkg.name]));
  for (const { pkg, provides } of entries) {
    for (const name of provides) if (!providers.has(name)) providers.set(name, pkg.name);
  }
  return entries.map(({ pkg, requires }) => {
    const found = new Set(requires.flatMap((name) => providers.get(name) ?? []));
    found.delete(pkg.name);
    return found.size > 0 ? { ...pkg, dependsOn: [...found] } : pkg;
  });
}
