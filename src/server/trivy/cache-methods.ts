import { sha256Of } from '../../base/digest.ts';
import {
  DeleteBlobsRequestSchema,
  MissingBlobsRequestSchema,
  MissingBlobsResponseSchema,
  PutArtifactRequestSchema,
  PutBlobRequestSchema,
} from '../../trivy/messages/cache.ts';
import {
  ARTIFACT_SCHEMA,
  artifactFromJson,
  artifactToJson,
  BLOB_SCHEMA,
  blobFromJson,
  blobToJson,
} from '../../trivy/stored-value.ts';
import { newMessage, readMessage, writeMessage, type WireForm } from '../../trivy/wire.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Answer } from './answers.ts';
import type { TrivyBlobs } from './parts.ts';
import { TwirpError } from './twirp-error.ts';

/** One method of a service: bytes in, bytes out. */
export type Method = (bytes: Uint8Array, form: WireForm) => Promise<Answer>;

/** Names come from clients and become keys of stores. */
const MAX_ID_LENGTH = 512;
const MAX_IDS = 10_000;
/** Blobs whose values were seen to be of the right kind; they are looked up by others in the meantime. */
const REMEMBERED_IDS = 100_000;

/** The service `trivy.cache.v1.Cache`. */
export function cacheMethods(
  blobs: TrivyBlobs,
  answers: Pick<AnswerCache, 'changed'>,
): Readonly<Record<'PutArtifact' | 'PutBlob' | 'MissingBlobs' | 'DeleteBlobs', Method>> {
  const good = new Set<string>();
  const remember = (id: string): void => {
    if (good.size >= REMEMBERED_IDS) good.clear();
    good.add(id);
  };

  async function missingAmong(ids: readonly string[]): Promise<string[]> {
    const present = new Set(await blobs.hasBlobs(ids));
    const missing: string[] = [];
    for (const id of ids) {
      if (present.has(id) && !good.has(id)) {
        const value = await blobs.getBlob(id);
        if (value && blobFromJson(value)?.schemaVersion === BLOB_SCHEMA) remember(id);
      }
      if (!present.has(id) || !good.has(id)) missing.push(id);
    }
    return missing;
  }

  return {
    async PutArtifact(bytes, form) {
      const { artifactId, artifactInfo } = readMessage(PutArtifactRequestSchema, bytes, form);
      if (!artifactInfo) throw new TwirpError('invalid_argument', 'artifact_info is required');
      await blobs.putArtifact(checkedId(artifactId), artifactToJson(artifactInfo));
      return empty(form);
    },
    async PutBlob(bytes, form) {
      const { diffId, blobInfo } = readMessage(PutBlobRequestSchema, bytes, form);
      if (!blobInfo) throw new TwirpError('invalid_argument', 'blob_info is required');
      const id = checkedId(diffId);
      const value = blobToJson(blobInfo);
      good.delete(id);
      await blobs.putBlob(id, value);
      answers.changed(id, sha256Of(value));
      if (blobInfo.schemaVersion === BLOB_SCHEMA) remember(id);
      return empty(form);
    },
    async MissingBlobs(bytes, form) {
      const { artifactId, blobIds } = readMessage(MissingBlobsRequestSchema, bytes, form);
      const ids = checkedIds(blobIds);
      const artifact = await blobs.getArtifact(artifactId.slice(0, MAX_ID_LENGTH));
      const isKnown = artifact && artifactFromJson(artifact)?.schemaVersion === ARTIFACT_SCHEMA;
      const response = newMessage(MissingBlobsResponseSchema, {
        missingArtifact: !isKnown,
        missingBlobIds: await missingAmong(ids),
      });
      return toAnswer(writeMessage(MissingBlobsResponseSchema, response, form));
    },
    async DeleteBlobs(bytes, form) {
      const ids = checkedIds(readMessage(DeleteBlobsRequestSchema, bytes, form).blobIds);
      await blobs.deleteBlobs(ids);
      for (const id of ids) {
        good.delete(id);
        answers.changed(id, undefined);
      }
      return empty(form);
    },
  };
}

function checkedIds(ids: readonly string[]): readonly string[] {
  if (ids.length > MAX_IDS) throw new TwirpError('invalid_argument', 'too many blob_ids');
  return ids.map(checkedId);
}

function checkedId(id: string): string {
  if (id !== '' && id.length <= MAX_ID_LENGTH) return id;
  throw new TwirpError('invalid_argument', id === '' ? 'an id is empty' : 'an id is too long');
}

function empty(form: WireForm): Answer {
  return { bytes: Buffer.from(form === 'json' ? '{}' : '') };
}

function toAnswer(bytes: Uint8Array): Answer {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
