import { SBOM_LIMITS, type SbomDocument } from './document.ts';
import { cleanText } from './json-members.ts';
import { checkCount } from './relations.ts';
import { spdxVersion } from './spdx-json.ts';
import { toDocument, type SpdxPackage, type SpdxRelation } from './spdx.ts';
import { tagValues } from './tag-values.ts';

/** What stands between one heading and the next. */
interface Section {
  readonly heading: string;
  readonly values: Map<string, string[]>;
}

/** Each begins a section of its own; what comes before them speaks of the document. */
const HEADINGS: ReadonlySet<string> = new Set(['PackageName', 'FileName', 'LicenseID', 'SnippetSPDXID']);

/** They may stand within any section, and name what they are about. */
const OF_ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['Annotator', 'AnnotationDate', 'AnnotationType', 'SPDXREF', 'AnnotationComment'],
]);

/** A document of SPDX 2 in lines of `Tag: value`. */
export function parseSpdxTagValue(text: string): SbomDocument {
  const { sections, annotations } = readSections(text);
  const [document] = sections;
  const notes = notesById(annotations);
  const packages: SpdxPackage[] = [];
  const files = new Map<string, string>();
  const relations: SpdxRelation[] = [];
  const ownLicenses = new Map<string, string>();
  for (const { heading, values } of sections) {
    for (const relation of values.get('Relationship') ?? []) addRelation(relation, relations);
    const id = first(values, 'SPDXID') ?? `#${packages.length}`;
    if (heading === 'PackageName') packages.push(toPackage(id, values, notes.get(id) ?? []));
    if (heading === 'LicenseID')
      ownLicenses.set(first(values, heading) ?? '', first(values, 'LicenseName') ?? '');
    if (heading === 'FileName') {
      files.set(id, first(values, heading) ?? '');
      const holder = packages.at(-1); // files of a package follow it
      if (holder) relations.push({ from: holder.id, type: 'CONTAINS', to: id });
    }
  }
  const specVersion = spdxVersion(first(document?.values, 'SPDXVersion') ?? '');
  const name = first(document?.values, 'DocumentName');
  return toDocument({ specVersion, name, packages, files, relations, ownLicenses });
}

function first(values: Section['values'] | undefined, tag: string): string | undefined {
  return values?.get(tag)?.[0];
}

function readSections(text: string): { sections: Section[]; annotations: Section[] } {
  const sections: Section[] = [{ heading: '', values: new Map() }];
  const annotations: Section[] = [];
  for (const { tag, value: given } of tagValues(text)) {
    const value = cleanText(given);
    if (value === undefined) continue;
    if (HEADINGS.has(tag)) sections.push({ heading: tag, values: new Map() });
    if (tag === 'Annotator') annotations.push({ heading: tag, values: new Map() });
    checkCount(Math.max(sections.length, annotations.length / 16));
    add(OF_ANNOTATIONS.has(tag) ? annotations.at(-1) : sections.at(-1), tag, value);
  }
  return { sections, annotations };
}

function add(section: Section | undefined, tag: string, value: string): void {
  const known = section?.values.get(tag);
  if (!known) section?.values.set(tag, [value]);
  else if (tag === 'Relationship' || known.length < SBOM_LIMITS.properties) known.push(value);
}

function notesById(annotations: readonly Section[]): ReadonlyMap<string, readonly string[]> {
  const notes = new Map<string, string[]>();
  for (const { values } of annotations) {
    const about = first(values, 'SPDXREF');
    const note = first(values, 'AnnotationComment');
    if (about === undefined || note === undefined) continue;
    const known = notes.get(about);
    if (!known) notes.set(about, [note]);
    else if (known.length < SBOM_LIMITS.properties) known.push(note);
  }
  return notes;
}

function addRelation(text: string, relations: SpdxRelation[]): void {
  const [from, type, to] = text.split(/\s+/, 3);
  if (from && type && to) relations.push({ from, type: type.toUpperCase(), to });
}

function toPackage(id: string, values: Section['values'], notes: readonly string[]): SpdxPackage {
  const purl = values.get('ExternalRef')?.find((reference) => /^\S+\s+purl\s/.test(reference));
  return {
    id,
    name: first(values, 'PackageName') ?? '',
    version: first(values, 'PackageVersion'),
    supplier: first(values, 'PackageSupplier'),
    checksums: values.get('PackageChecksum') ?? [],
    declared: first(values, 'PackageLicenseDeclared'),
    concluded: first(values, 'PackageLicenseConcluded'),
    sourceInfo: first(values, 'PackageSourceInfo'),
    description: first(values, 'PackageDescription'),
    notes: notes.length > 0 ? notes : (values.get('PackageAttributionText') ?? []),
    purl: purl?.split(/\s+/, 3)[2],
    purpose: first(values, 'PrimaryPackagePurpose'),
  };
}
