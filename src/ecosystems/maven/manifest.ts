import { MAX_COORDINATE_CHARS, type Coordinates } from './coordinates.ts';

const FIELDS = [
  'implementation-version',
  'implementation-title',
  'implementation-vendor',
  'implementation-vendor-id',
  'specification-title',
  'specification-version',
  'specification-vendor',
  'bundle-name',
  'bundle-version',
  'bundle-symbolicname',
] as const;

type Field = (typeof FIELDS)[number];
export type ManifestFields = ReadonlyMap<Field, string>;

/**
 * The fields of a `MANIFEST.MF` that may tell coordinates. Those of its sections, which are about parts of the archive,
 * count where the main one says nothing.
 *
 * @see https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html "JAR Manifest"
 */
export function parseManifest(content: Uint8Array): ManifestFields {
  const main = new Map<Field, string>();
  const sections = new Map<Field, string>();
  let isMain = true;
  let field: Field | undefined;
  for (const line of Buffer.from(content).toString('utf8').split('\n')) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    const target = isMain ? main : sections;
    if (text === '') isMain = false;
    if (text.startsWith(' ')) {
      const begun = field && target.get(field);
      // Lines have at most 72 bytes, so that long values go on behind a space.
      if (field && begun !== undefined && begun.length <= MAX_COORDINATE_CHARS)
        target.set(field, begun + text.slice(1));
      continue;
    }
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon)).toLowerCase();
    field = FIELDS.find((one) => one === name);
    if (field) target.set(field, text.slice(colon + 1).trimStart());
  }
  return toFields(sections, main);
}

/** The later ones win. */
function toFields(...maps: readonly ReadonlyMap<Field, string>[]): ManifestFields {
  const fields = new Map<Field, string>();
  for (const [field, value] of maps.flatMap((map) => [...map])) {
    const text = value.trim();
    // `%name` stands for a text in another file.
    if (text !== '' && !text.startsWith('%') && text.length <= MAX_COORDINATE_CHARS) fields.set(field, text);
  }
  return fields;
}

/** What Maven takes for a group or an artifact; no repository has another. */
const IDENTIFIER = /^[A-Za-z0-9_.-]+$/;

/**
 * Coordinates as far as a manifest tells them. Undefined when it names no group, artifact or version at all, and when
 * vendor or title are words for people (`Apache Tomcat`), which name no artifact there is; others a database has to
 * confirm.
 */
export function manifestCoordinates(fields: ManifestFields): Required<Coordinates> | undefined {
  const first = (...names: readonly Field[]): string | undefined =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const symbolicName = fields.get('bundle-symbolicname');
  const group =
    fields.get('implementation-vendor-id') ??
    (symbolicName === undefined ? undefined : groupOfBundle(symbolicName)) ??
    first('implementation-vendor', 'specification-vendor');
  const artifact = first('implementation-title', 'specification-title', 'bundle-name');
  const version = first('implementation-version', 'specification-version', 'bundle-version');
  if (group === undefined || artifact === undefined || version === undefined) return undefined;
  return IDENTIFIER.test(group) && IDENTIFIER.test(artifact) ? { group, artifact, version } : undefined;
}

/** `com.fasterxml.jackson.core` of `com.fasterxml.jackson.core.jackson-databind;singleton:=true`. */
function groupOfBundle(symbolicName: string): string {
  const name = symbolicName.split(';', 1)[0]?.trim() ?? symbolicName;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}
