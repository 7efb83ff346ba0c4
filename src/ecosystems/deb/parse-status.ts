import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { deb } from '../../versions/deb.ts';
import { openDiagnosticList, shown, type DiagnosticList } from '../diagnostic-list.ts';
import { parseRelations, resolveRelations, type Alternatives, type Provisions } from './depends.ts';
import { readStanzas, type Stanza } from './read-stanzas.ts';
import { isThirdParty } from './third-party.ts';

const FIELDS: ReadonlySet<string> = new Set([
  ...[
    'package',
    'version',
    'architecture',
    'source',
    'status',
    'maintainer',
    'depends',
    'pre-depends',
    'provides',
  ],
]);

/** Real databases hold a few thousand records. */
const MAX_RECORDS = 200_000;

const CONTROL = /[\0-\x1f\x7f-\x9f]/g;
const MAX_NAME_LENGTH = 256;
const MAX_VERSION_LENGTH = 1_024;

/** A package and what it asks of others. */
interface Entry {
  readonly pkg: Package;
  readonly requires: readonly Alternatives[];
  readonly provides: readonly Alternatives[];
}

/**
 * `all`: dependencies are the installed packages that satisfy them.
 * `one`: each package has a file of its own, so that dependencies can only be told as they are written.
 */
export type StatusHolds = 'all' | 'one';

/** Installed packages of a dpkg status file. */
export function parseStatus(content: Uint8Array, path: string, holds: StatusHolds): FileResult {
  const diagnostics = openDiagnosticList();
  const entries = new Map<string, Entry>();
  let records = 0;
  for (const stanza of readStanzas(content, FIELDS)) {
    if (++records > MAX_RECORDS) {
      diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_RECORDS} records were read`);
      break;
    }
    const entry = toEntry(stanza, path, diagnostics);
    // Of two records of a package and architecture the later is the one dpkg itself would go by.
    if (entry) entries.set(`${entry.pkg.name} ${entry.pkg.architecture ?? ''}`, entry);
  }
  noteForeign(content, records, diagnostics);
  return { packages: withDependencies([...entries.values()], holds), diagnostics: diagnostics.all() };
}

function toEntry(stanza: Stanza, path: string, diagnostics: DiagnosticList): Entry | undefined {
  const field = (name: string): string => oneLine(stanza.fields.get(name) ?? '');
  const relations = (name: string): Alternatives[] => parseRelations(stanza.fields.get(name) ?? '');
  const name = field('package');
  const version = field('version');
  const about = name === '' ? `the record at line ${stanza.line}` : `package ${shown(name)}`;
  noteDamage(stanza, about, diagnostics);
  if (name !== '' && !isInstalled(stanza, about, diagnostics)) return undefined;
  if (!isName(name) || version === '' || version.length > MAX_VERSION_LENGTH) {
    const what =
      name === '' ? 'no name' : isName(name) ? 'no usable version' : 'a name that no package can have';
    diagnostics.add('PACKAGE_RECORD_INVALID', `${about} has ${what} and is left out`);
    return undefined;
  }
  if (!deb.parse(version)) {
    diagnostics.add(
      'PACKAGE_VERSION_INVALID',
      `${about} has ${shown(version)} for a version, which is not compared`,
    );
  }
  return {
    pkg: toPackage(name, version, field, path),
    requires: [...relations('pre-depends'), ...relations('depends')],
    provides: relations('provides'),
  };
}

/** The first line, and nothing in it that would move a terminal's cursor. */
function oneLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(CONTROL, '\ufffd');
}

function toPackage(name: string, version: string, field: (name: string) => string, path: string): Package {
  const maintainer = field('maintainer');
  const architecture = field('architecture');
  const spelt = withoutZeroEpoch(version);
  return {
    type: 'deb',
    name,
    version: spelt,
    ...(architecture && { architecture }),
    source: parseSource(field('source'), name, spelt),
    licenses: [],
    ...(maintainer && { maintainer }),
    ...(isThirdParty(maintainer) && { thirdParty: true }),
    paths: [path],
  };
}

/** `glibc (2.36-9)`; each part that is not given is the package's own. */
function parseSource(field: string, name: string, version: string): { name: string; version: string } {
  const open = field.indexOf('(');
  const close = field.indexOf(')', open + 1);
  const source = (open < 0 ? field : field.slice(0, open)).trim();
  const given = open < 0 ? '' : field.slice(open + 1, close < 0 ? undefined : close).trim();
  return {
    name: isName(source) ? source : name,
    version: given === '' || given.length > MAX_VERSION_LENGTH ? version : withoutZeroEpoch(given),
  };
}

/** Without its epoch a version with a further colon would read otherwise, so such a one is left as it is. */
function withoutZeroEpoch(version: string): string {
  return /^0+:[^:]+$/.test(version) ? version.slice(version.indexOf(':') + 1) : version;
}

function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && /^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(text);
}

/** States in which all files are in place and set up. */
const INSTALLED: ReadonlySet<string> = new Set(['installed', 'triggers-awaited', 'triggers-pending']);
/** States in which some files may be in place: worth a word, but not a package. */
const PARTLY: ReadonlySet<string> = new Set(['half-installed', 'unpacked', 'half-configured']);
const ABSENT: ReadonlySet<string> = new Set(['not-installed', 'config-files']);

/**
 * `Status: want flag state`. Selected for removal counts as removed, as it does for Trivy. No status at all is what
 * `status.d` has, where a record stands for a package that was unpacked into the image.
 */
function isInstalled(stanza: Stanza, about: string, diagnostics: DiagnosticList): boolean {
  const status = stanza.fields.get('status');
  if (status === undefined) return true;
  const [want = '', , state = ''] = status.split(/\s+/);
  if (ABSENT.has(state)) return false;
  if (PARTLY.has(state)) {
    diagnostics.add('PACKAGE_NOT_INSTALLED', `${about} is ${state} and is left out`);
    return false;
  }
  if (!INSTALLED.has(state)) {
    diagnostics.add('PACKAGE_RECORD_INVALID', `${about} has ${shown(status)} for a status and is left out`);
    return false;
  }
  return want !== 'deinstall' && want !== 'purge';
}

function noteDamage(stanza: Stanza, about: string, diagnostics: DiagnosticList): void {
  if (stanza.oddLines > 0) {
    diagnostics.add('PACKAGE_RECORD_DAMAGED', `${about} holds ${stanza.oddLines} lines that are no field`);
  }
  for (const name of stanza.cutFields) {
    diagnostics.add(
      'PACKAGE_FIELD_TOO_LONG',
      `${about} has a field ${shown(name)} that is too long and was cut`,
    );
  }
}

function noteForeign(content: Uint8Array, records: number, diagnostics: DiagnosticList): void {
  if (content.includes(0)) {
    diagnostics.add('PACKAGE_DATABASE_DAMAGED', 'the package database holds bytes that are no text');
  } else if (records === 0 && content.length > 0 && !isBlank(content)) {
    diagnostics.add('PACKAGE_DATABASE_DAMAGED', 'the package database holds no package record');
  }
}

function isBlank(content: Uint8Array): boolean {
  return content.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function withDependencies(entries: readonly Entry[], holds: StatusHolds): Package[] {
  const on = provisionsOf(entries);
  return entries.map(({ pkg, requires }) => {
    const dependsOn =
      holds === 'all'
        ? resolveRelations(pkg.name, requires, on)
        : [...new Set(requires.flatMap(([first]) => first ?? []))];
    return dependsOn.length > 0 ? { ...pkg, dependsOn } : pkg;
  });
}

function provisionsOf(entries: readonly Entry[]): Provisions {
  const providers = new Map<string, string>();
  for (const { pkg, provides } of entries) {
    for (const [name] of provides)
      if (name !== undefined && !providers.has(name)) providers.set(name, pkg.name);
  }
  return { installed: new Set(entries.map(({ pkg }) => pkg.name)), providers };
}
