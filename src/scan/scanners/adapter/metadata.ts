import { normalMediaType } from '../../../base/media-type.ts';
import { isConvertible, reportKind } from '../report-types.ts';
import { ScannerFailure, type ScannerIdentity } from '../scanner.ts';
import { isObject, parseAnswer } from '../answer-json.ts';

/** One thing that a scanner offers. */
export interface AdapterCapability {
  /** `vulnerability` where it does not say, as before version 1.2. */
  readonly type: string;
  /** Media types of manifests, normalised; empty where it does not say. */
  readonly consumes: readonly string[];
  /** Media types of reports as the scanner spells them. */
  readonly produces: readonly string[];
  /** Of bills of materials. */
  readonly billMediaTypes: readonly string[];
}

/** What a scanner says of itself. */
export interface AdapterMetadata {
  readonly identity: ScannerIdentity;
  readonly capabilities: readonly AdapterCapability[];
  readonly properties: Readonly<Record<string, string>>;
}

/** A type of report, and how it is got from a scanner. */
export interface Offer {
  readonly capability: AdapterCapability;
  /** The type to ask the scanner for, in its own spelling. */
  readonly accept: string;
}

export const MAX_METADATA_BYTES = 1 << 20;
const [MAX_CAPABILITIES, MAX_TYPES, MAX_PROPERTIES, MAX_CHARS] = [64, 64, 200, 512];
const UPDATED_AT = 'harbor.scanner-adapter/vulnerability-database-updated-at';
const AUTHORIZATION_TYPE = 'harbor.scanner-adapter/registry-authorization-type';

/**
 * Reads what a scanner says of itself. It must say its name and one type of report; everything else may be missing.
 *
 * @throws ScannerFailure BACKEND_PROTOCOL
 */
export function parseMetadata(bytes: Uint8Array): AdapterMetadata {
  const value = parseAnswer(bytes);
  const scanner = value && isObject(value['scanner']) ? value['scanner'] : undefined;
  const name = textOf(scanner?.['name']);
  if (!value || name === undefined) throw refused('does not say its name');
  const capabilities = listOf(value['capabilities'], MAX_CAPABILITIES).flatMap(capabilityOf);
  if (capabilities.length === 0) throw refused('says of no type of report that it makes it');
  const properties = propertiesOf(value['properties']);
  const updatedAt = properties[UPDATED_AT];
  return {
    identity: {
      name,
      vendor: textOf(scanner?.['vendor']) ?? 'unknown',
      version: textOf(scanner?.['version']) ?? 'unknown',
      ...(updatedAt !== undefined && isTime(updatedAt) && { databaseUpdatedAt: updatedAt }),
    },
    capabilities,
    properties,
  };
}

/** How a report of that type is got from it; undefined: not at all. Its own type goes before one to be converted. */
export function offerFor({ capabilities }: AdapterMetadata, mediaType: string): Offer | undefined {
  const offers = capabilities.flatMap((capability) =>
    capability.produces.map((accept): Offer => ({ capability, accept })),
  );
  const kind = reportKind(mediaType);
  const fitting = offers.filter(
    ({ capability, accept }) =>
      isConvertible(accept, mediaType) && (kind === 'other' || capability.type === kind),
  );
  return fitting.find(({ accept }) => normalMediaType(accept) === mediaType) ?? fitting[0];
}

/** Whether it takes images with such a manifest. */
export function takesManifest({ consumes }: AdapterCapability, manifestType: string | undefined): boolean {
  if (manifestType === undefined || consumes.length === 0) return true;
  const wanted = normalMediaType(manifestType);
  return wanted !== undefined && consumes.includes(wanted);
}

/** Whether it wants a token of the registry, and can do nothing with a user and a password. */
export function wantsBearer({ properties }: AdapterMetadata): boolean {
  return properties[AUTHORIZATION_TYPE]?.toLowerCase() === 'bearer';
}

function capabilityOf(value: unknown): AdapterCapability[] {
  if (!isObject(value)) return [];
  const produces = textsOf(value['produces_mime_types']).filter((type) => normalMediaType(type));
  if (produces.length === 0) return [];
  const more = value['additional_attributes'];
  return [
    {
      type: textOf(value['type']) ?? 'vulnerability',
      consumes: textsOf(value['consumes_mime_types']).flatMap((type) => normalMediaType(type) ?? []),
      produces,
      billMediaTypes: isObject(more) ? textsOf(more['sbom_media_types']) : [],
    },
  ];
}

function propertiesOf(value: unknown): Readonly<Record<string, string>> {
  const found = Object.create(null) as Record<string, string>;
  if (!isObject(value)) return found;
  for (const [name, text] of Object.entries(value).slice(0, MAX_PROPERTIES))
    if (typeof text === 'string' && name.length <= MAX_CHARS) found[name] = text.slice(0, MAX_CHARS);
  return found;
}

function listOf(value: unknown, max: number): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]).slice(0, max) : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value, MAX_TYPES).flatMap((item) => textOf(item) ?? []);
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.length > MAX_CHARS ? undefined : text;
}

function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(Date.parse(text));
}

function refused(problem: string): ScannerFailure {
  return new ScannerFailure('BACKEND_PROTOCOL', `the scanner ${problem} in its metadata`);
}
