import { fromBinary, isMessage, toBinary } from '@bufbuild/protobuf';
import { isWithinJsonBounds } from '../codec/bounded-json.ts';
import { artifactShape, blobShape } from './blob-shapes.ts';
import { asObject, type JsonObject } from './json-shape.ts';
import { ArtifactInfoSchema, BlobInfoSchema, type ArtifactInfo, type BlobInfo } from './messages/cache.ts';
import { judgeWire } from './wire-bounds.ts';

/** Versions of what is kept; anything else is as good as missing. */
export const BLOB_SCHEMA = 2;
export const ARTIFACT_SCHEMA = 1;

/** Values come from stores that others write to as well. */
const BOUNDS = { depth: 100, containers: 2_000_000 } as const;

/**
 * What a layer was found to hold, as Trivy's own caches keep it, so that servers may share one. Fields that are not
 * known here are kept in a member of ours, which others pass over.
 */
export function blobToJson(blob: BlobInfo): Uint8Array {
  const kept = hasUnknown(blob) ? keepWire(toBinary(BlobInfoSchema, blob)) : undefined;
  return encode({ ...blobShape.write(blob), ...kept });
}

/** Undefined for what is no such value. */
export function blobFromJson(bytes: Uint8Array): BlobInfo | undefined {
  const object = parse(bytes);
  if (!object) return undefined;
  const wire = wireIn(object);
  try {
    if (wire && judgeWire(BlobInfoSchema, wire) === 'fits') return fromBinary(BlobInfoSchema, wire);
  } catch {
    // Somebody else's member of that name.
  }
  return blobShape.read(object);
}

export function artifactToJson(artifact: ArtifactInfo): Uint8Array {
  const kept = hasUnknown(artifact) ? keepWire(toBinary(ArtifactInfoSchema, artifact)) : undefined;
  return encode({ ...artifactShape.write(artifact), ...kept });
}

export function artifactFromJson(bytes: Uint8Array): ArtifactInfo | undefined {
  const object = parse(bytes);
  return object && artifactShape.read(object);
}

function encode(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  if (!isWithinJsonBounds(bytes, BOUNDS)) return undefined;
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

function keepWire(wire: Uint8Array): JsonObject {
  return { Drydock: { Wire: Buffer.from(wire).toString('base64') } };
}

function wireIn(object: JsonObject): Uint8Array | undefined {
  const wire = asObject(object['Drydock'])?.['Wire'];
  return typeof wire === 'string' ? Buffer.from(wire, 'base64') : undefined;
}

/** Whether a message, or one within it, came with fields that are not known here. */
function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (!isMessage(value)) return false;
  if (value.$unknown?.length) return true;
  return Object.values(value).some((field) => typeof field === 'object' && hasUnknown(field));
}
