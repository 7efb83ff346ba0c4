import { toDigest } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { formatReference, isRepository, isTag, parseReference } from '../../oci/reference.ts';
import { parseMediaType } from '../../base/media-type.ts';
import { SBOM_MEDIA_TYPES, SCAN_REQUEST_TYPE } from './media-types.ts';
import { HarborRefusal, invalidField, malformed } from './refusal.ts';
import { readRequestJson, type RequestForm } from './request-json.ts';
import { credentialOfAuthorization, parseRegistry, type NamedRegistry } from './registry.ts';
import { isSbomMediaType } from './report-type.ts';

/** What a client of Harbor's API wants scanned. */
export interface AskedScan {
  /** A reference with the digest and, where there is one, the tag. */
  readonly image: string;
  readonly plainHttp: boolean;
  readonly manifestType?: string;
  readonly credential?: RegistryCredential;
}

const MAX_MEDIA_TYPE = 255;
const FORM: RequestForm = {
  versions: new Set([undefined, '1.0', '1.1']),
  hint: `Send ${SCAN_REQUEST_TYPE}; version=1.0.`,
};

/** The body of a request of that media type as JSON. @throws HarborRefusal 400, 415 */
export function readJson(contentType: string | undefined, body: unknown): unknown {
  return readRequestJson(contentType, body, FORM);
}

/** @throws HarborRefusal 400 for wrong JSON types, 422 for fields that are missing or hold what they cannot */
export function parseAskedScan(body: unknown): AskedScan {
  const request = objectOf(body, 'the body');
  const registry = objectOf(request.get('registry') ?? {}, 'registry');
  const artifact = objectOf(request.get('artifact') ?? {}, 'artifact');
  const { host, plainHttp } = registryOf(registry);
  const image = referenceOf(host, artifact);
  checkCapabilities(request.get('enabled_capabilities') ?? []);
  const credential = credentialOf(textOf(registry, 'registry', 'authorization'));
  const manifestType = textOf(artifact, 'artifact', 'mime_type');
  return {
    image,
    plainHttp,
    ...(manifestType !== undefined &&
      manifestType.length <= MAX_MEDIA_TYPE &&
      parseMediaType(manifestType) && { manifestType }),
    ...(credential && { credential }),
  };
}

/** A map, as the names are whatever somebody sent. */
export type Fields = ReadonlyMap<string, unknown>;

export function objectOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value));
  throw malformed(`${name} is not a JSON object`);
}

/** Undefined where it is missing or blank. */
export function textOf(fields: Fields, parent: string, name: string): string | undefined {
  const value = fields.get(name) ?? '';
  if (typeof value !== 'string') throw malformed(`${parent}.${name} is not a text`);
  return value.trim() === '' ? undefined : value.trim();
}

export function required(fields: Fields, parent: string, name: string): string {
  const value = textOf(fields, parent, name);
  if (value === undefined) throw invalidField(`missing ${parent}.${name}`);
  return value;
}

export function registryOf(registry: Fields): NamedRegistry {
  const url = required(registry, 'registry', 'url');
  const found = parseRegistry(url, registry.get('insecure') === true);
  if (found) return found;
  throw invalidField('invalid registry.url');
}

export function referenceOf(registry: string, artifact: Fields): string {
  const repository = required(artifact, 'artifact', 'repository');
  const digest: Digest | undefined = toDigest(required(artifact, 'artifact', 'digest'));
  const tag = textOf(artifact, 'artifact', 'tag');
  if (!isRepository(repository)) throw invalidField('invalid artifact.repository');
  if (!digest) throw invalidField('invalid artifact.digest');
  // The digest says which one it is; a tag that no registry would take is not worth a refusal.
  const named = { registry, repository, ...(tag !== undefined && isTag(tag) && { tag }), digest };
  const reference = formatReference(named);
  parseReference(reference);
  return reference;
}

/** What is wanted is checked and no more: every report can be fetched of every scan. */
function checkCapabilities(value: unknown): void {
  if (!Array.isArray(value)) throw malformed('enabled_capabilities is not a list');
  for (const [index, element] of (value as readonly unknown[]).entries()) {
    const name = `enabled_capabilities[${index}]`;
    const capability = objectOf(element, name);
    const type = required(capability, name, 'type');
    listOfTexts(capability.get('produces_mime_types') ?? [], `${name}.produces_mime_types`);
    const parameters = objectOf(capability.get('parameters') ?? {}, `${name}.parameters`);
    if (type === 'sbom') checkSbomMediaTypes(parameters.get('sbom_media_types') ?? [], name);
    else if (type !== 'vulnerability')
      throw new HarborRefusal(422, `invalid ${name}.type`, {
        code: 'FIELD_INVALID',
        hint: 'There are vulnerability and sbom.',
      });
  }
}

function checkSbomMediaTypes(value: unknown, capability: string): void {
  const name = `${capability}.parameters.sbom_media_types`;
  const types = listOfTexts(value, name);
  if (types.length === 0) throw invalidField(`missing ${name}`);
  if (types.every(isSbomMediaType)) return;
  throw new HarborRefusal(422, `invalid ${name}`, {
    code: 'FIELD_INVALID',
    hint: `There are ${SBOM_MEDIA_TYPES.join(' and ')}.`,
  });
}

function listOfTexts(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw malformed(`${name} is not a list of texts`);
}

export function credentialOf(authorization: string | undefined): RegistryCredential | undefined {
  if (authorization === undefined) return undefined;
  const credential = credentialOfAuthorization(authorization);
  if (credential) return credential;
  throw new HarborRefusal(422, 'invalid registry.authorization', {
    code: 'FIELD_INVALID',
    hint: 'Write Basic and base64 of user:password, or Bearer and a token.',
  });
}
