import { toDigest } from '../../base/digest.ts';
import { parseMediaType } from '../../base/media-type.ts';
import type { CompositeArtifact } from '../../model/composite.ts';
import { isTag } from '../../oci/reference.ts';
import type { AskedComposite, AskedType } from '../../scan/composite/composites.ts';
import { reportTypeOf } from '../../scan/composite/scan-types.ts';
import { readRequestJson, type RequestForm } from '../harbor/request-json.ts';
import { invalidField } from '../harbor/refusal.ts';
import {
  credentialOf,
  objectOf,
  referenceOf,
  registryOf,
  required,
  textOf,
  type Fields,
} from '../harbor/scan-request.ts';
import { COMPOSITE_REQUEST_TYPE } from './media-types.ts';

const FORM: RequestForm = {
  versions: new Set([undefined, '2.0']),
  hint: `Send ${COMPOSITE_REQUEST_TYPE}; requests of version 1 are for /api/v1/scan.`,
};
const MAX_TYPES = 32;
const MAX_KEY_CHARS = 256;
const MAX_MEDIA_TYPE = 255;

/** The body of a request as JSON. @throws HarborRefusal 400, 415 */
export function readCompositeJson(contentType: string | undefined, body: unknown): unknown {
  return readRequestJson(contentType, body, FORM);
}

/** @throws HarborRefusal 400 for wrong JSON types, 422 for fields that are missing or hold what they cannot */
export function parseComposite(body: unknown): Pick<AskedComposite, 'artifact' | 'credential' | 'types'> {
  const request = objectOf(body, 'the body');
  const registry = objectOf(request.get('registry') ?? {}, 'registry');
  const artifact = artifactOf(registry, objectOf(request.get('artifact') ?? {}, 'artifact'));
  const types = typesOf(request.get('scanTypes') ?? request.get('scan_types'));
  const credential = credentialOf(textOf(registry, 'registry', 'authorization'));
  return { artifact, types, ...(credential && { credential }) };
}

function artifactOf(registry: Fields, fields: Fields): CompositeArtifact {
  const { host, plainHttp } = registryOf(registry);
  const image = referenceOf(host, fields);
  const digest = toDigest(required(fields, 'artifact', 'digest'));
  if (!digest) throw invalidField('invalid artifact.digest');
  const tag = textOf(fields, 'artifact', 'tag');
  const manifestType = textOf(fields, 'artifact', 'mime_type') ?? textOf(fields, 'artifact', 'mimeType');
  const isKnown =
    manifestType !== undefined && manifestType.length <= MAX_MEDIA_TYPE && parseMediaType(manifestType);
  return {
    registryUrl: urlOf(required(registry, 'registry', 'url'), plainHttp),
    plainHttp,
    image,
    repository: required(fields, 'artifact', 'repository'),
    digest,
    ...(tag !== undefined && isTag(tag) && { tag }),
    ...(isKnown && { manifestType }),
  };
}

/** With its scheme, and without anything that could be a secret. The text was found to be an address before. */
function urlOf(text: string, plainHttp: boolean): string {
  const scheme = plainHttp ? 'http' : 'https';
  const { host, pathname } = new URL(text.includes('://') ? text : `${scheme}://${text}`);
  return `${scheme}://${host}${pathname.replace(/\/+$/, '')}`;
}

function typesOf(given: unknown): readonly AskedType[] {
  if (given === undefined || given === null) throw invalidField('missing scanTypes');
  const types = [...objectOf(given, 'scanTypes')].map(([key, parameters]) => ({ key, parameters }));
  if (types.length === 0) throw invalidField('scanTypes is empty');
  if (types.length > MAX_TYPES) throw invalidField(`scanTypes has more than ${MAX_TYPES} members`);
  const seen = new Map<string, string>();
  for (const { key } of types) {
    // What has no slash could not be told from other members of the answer.
    if (key.length > MAX_KEY_CHARS || !key.includes('/'))
      throw invalidField('the members of scanTypes are named by media types');
    const type = reportTypeOf(key) ?? key;
    const other = seen.get(type);
    if (other !== undefined)
      throw invalidField(
        `scanTypes names one type twice: ${JSON.stringify(other)} and ${JSON.stringify(key)}`,
      );
    seen.set(type, key);
  }
  return types;
}
