import { type SbomComponent, type SbomComponentKind, type SbomDocument } from './document.ts';
import { MAX_TEXT_CHARS } from './json-members.ts';
import { checkCount, openRelations } from './relations.ts';

/** A package as both spellings of SPDX tell it. */
export interface SpdxPackage {
  readonly id: string;
  readonly name: string;
  readonly version?: string | undefined;
  readonly supplier?: string | undefined;
  /** `ALGORITHM: hex` */
  readonly checksums: readonly string[];
  readonly declared?: string | undefined;
  readonly concluded?: string | undefined;
  readonly sourceInfo?: string | undefined;
  readonly description?: string | undefined;
  /** Comments of annotations and texts of attribution: there other tools keep `Name: value`. */
  readonly notes: readonly string[];
  readonly purl?: string | undefined;
  readonly purpose?: string | undefined;
}

export interface SpdxRelation {
  readonly from: string;
  readonly type: string;
  readonly to: string;
}

export interface SpdxContents {
  readonly specVersion: string;
  readonly name?: string | undefined;
  readonly packages: readonly SpdxPackage[];
  /** Names of files by id. */
  readonly files: ReadonlyMap<string, string>;
  readonly relations: Iterable<SpdxRelation>;
  /** Names of licences that the document itself defines, by `LicenseRef-…`. */
  readonly ownLicenses: ReadonlyMap<string, string>;
  /** The subject, where the document names it outside its relations. */
  readonly describes?: string | undefined;
}

const DOCUMENT = 'SPDXRef-DOCUMENT';

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
export function toDocument(contents: SpdxContents): SbomDocument {
  checkCount(contents.packages.length);
  const relations = openRelations();
  const paths = new Map<string, string[]>();
  let subjectId = contents.describes;
  for (const { from, type, to } of contents.relations) {
    const [holder, held] = isReversed(type) ? [to, from] : [from, to];
    if (type === 'DESCRIBES' || type === 'DESCRIBED_BY') {
      if (holder === DOCUMENT) subjectId ??= held;
    } else if (type === 'CONTAINS' || type === 'CONTAINED_BY' || /^DEPENDS_ON$|DEPENDENCY_OF$/.test(type)) {
      const file = contents.files.get(held);
      if (file === undefined) relations.add(holder, held);
      else paths.set(holder, [...(paths.get(holder) ?? []).slice(0, 99), file]);
    }
  }
  const components = contents.packages.map((one) => toComponent(one, contents, paths.get(one.id) ?? []));
  const subject = components.find(({ ref }) => ref === subjectId);
  const name = contents.name ?? subject?.name;
  return {
    format: 'spdx',
    specVersion: contents.specVersion,
    ...(name !== undefined && { name }),
    ...(subject && { subject }),
    components,
    relations: relations.all(),
  };
}

/** `DEV_DEPENDENCY_OF`, `CONTAINED_BY` and their like name the held one first. */
function isReversed(type: string): boolean {
  return type.endsWith('_OF') || type.endsWith('_BY');
}

function toComponent(
  one: SpdxPackage,
  { ownLicenses }: SpdxContents,
  files: readonly string[],
): SbomComponent {
  const supplier = one.supplier?.replace(/^(?:Organization|Person):\s*/, '');
  const { source, found } = fromSourceInfo(one.sourceInfo ?? '');
  return {
    ref: one.id,
    kind: kindOf(one),
    name: one.name,
    ...(one.version && { version: one.version }),
    ...(one.description && { description: one.description }),
    ...(one.purl && { purl: one.purl }),
    ...(supplier && supplier !== 'NOASSERTION' && { supplier }),
    licenses: licensesIn([one.declared, one.concluded].find(isStated), ownLicenses),
    hashes: one.checksums.flatMap(hashOf),
    paths: files.length > 0 ? files : found,
    ...(source && { source }),
    properties: propertiesIn(one),
  };
}

const PURPOSES: ReadonlyMap<string, SbomComponentKind> = new Map<string, SbomComponentKind>([
  ['APPLICATION', 'application'],
  ['CONTAINER', 'container'],
  ['LIBRARY', 'library'],
  ['OPERATING-SYSTEM', 'operating-system'],
]);

/** Who states no purpose may have put it into the id. */
function kindOf({ purpose, id, purl }: SpdxPackage): SbomComponentKind {
  const stated = PURPOSES.get(purpose?.replace(/_/g, '-') ?? '');
  if (stated) return stated;
  if (id.startsWith('SPDXRef-OperatingSystem')) return 'operating-system';
  if (id.startsWith('SPDXRef-Application')) return 'application';
  if (purl === undefined) return 'other';
  return /^pkg:(?:oci|docker)\//.test(purl) ? 'container' : 'library';
}

const BUILT_FROM = 'built package from: ';
const FOUND_IN = /^(?:acquired package info from [^:]{1,200}|package found in): /;

/** Sentences in which Trivy and Syft say where a package is from. */
function fromSourceInfo(text: string): { source?: SbomComponent['source']; found: readonly string[] } {
  if (text.startsWith(BUILT_FROM)) {
    const [name, version] = text.slice(BUILT_FROM.length).split(' ');
    return name ? { source: { name, ...(version && { version }) }, found: [] } : { found: [] };
  }
  const start = FOUND_IN.exec(text)?.[0];
  return { found: start ? text.slice(start.length).split(', ').slice(0, 100) : [] };
}

/** `Name: value`, as Trivy writes its properties; older ones put the kind and path of an application elsewhere. */
function propertiesIn({ notes, id, name, sourceInfo }: SpdxPackage): ReadonlyMap<string, readonly string[]> {
  const properties = new Map<string, string[]>();
  for (const note of notes) {
    const at = note.indexOf(': ');
    if (at <= 0) continue;
    const key = note.slice(0, at);
    const known = properties.get(key);
    if (known) known.push(note.slice(at + 2));
    else properties.set(key, [note.slice(at + 2)]);
  }
  if (id.startsWith('SPDXRef-Application-') && sourceInfo && !properties.has('Type')) {
    properties.set('Type', [name]);
    properties.set('FilePath', [sourceInfo]);
  }
  return properties;
}

function hashOf(text: string): string | [] {
  const match = /^([A-Za-z0-9-]{1,20}): ?([0-9a-fA-F]{8,256})$/.exec(text);
  return match ? `${match[1]?.toLowerCase() ?? ''}:${match[2]?.toLowerCase() ?? ''}` : [];
}

function isStated(license: string | undefined): boolean {
  return license !== undefined && license !== '' && license !== 'NOASSERTION' && license !== 'NONE';
}

/** All licences of an expression that says `AND`; one with an `OR` outside of parentheses stands as a whole. */
function licensesIn(expression: string | undefined, own: ReadonlyMap<string, string>): string[] {
  if (expression === undefined) return [];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of expression.matchAll(/[()]|\s(?:AND|OR)\s/g)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (depth > 0) continue;
    else if (token.trim() === 'OR') return [named(expression, own)];
    else {
      parts.push(expression.slice(start, index));
      start = index + token.length;
    }
  }
  parts.push(expression.slice(start));
  return parts.map((part) => named(part, own)).filter((part) => part !== '');
}

/** With the names of licences that the document itself defines. */
function named(expression: string, own: ReadonlyMap<string, string>): string {
  const known = expression.trim().replace(/LicenseRef-[A-Za-z0-9.-]+/g, (id) => own.get(id) ?? id);
  return known.slice(0, MAX_TEXT_CHARS);
}
