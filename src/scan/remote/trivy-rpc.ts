import { DrydockError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import type { Image } from '../../model/image.ts';
import {
  ArtifactInfoSchema,
  MissingBlobsRequestSchema,
  MissingBlobsResponseSchema,
  PutArtifactRequestSchema,
  PutBlobRequestSchema,
  type BlobInfo,
} from '../../trivy/messages/cache.ts';
import {
  ScanOptionsSchema,
  ScanRequestSchema,
  ScanResponseSchema,
  type ScanResponse,
} from '../../trivy/messages/scanner.ts';
import { ARTIFACT_SCHEMA } from '../../trivy/stored-value.ts';
import { newMessage, readMessage, writeMessage } from '../../trivy/wire.ts';
import type { ServerConnection } from './server-connection.ts';

/** The methods of Trivy's two services that a client needs. */
export interface TrivyRpc {
  missing(
    artifactId: string,
    blobIds: readonly string[],
    options: Signal,
  ): Promise<{ readonly isArtifactMissing: boolean; readonly blobIds: ReadonlySet<string> }>;
  putBlob(id: string, blob: BlobInfo, options: Signal): Promise<void>;
  putArtifact(id: string, image: Image, options: Signal): Promise<void>;
  scan(
    request: {
      readonly target: string;
      readonly artifactId: string;
      readonly blobIds: readonly string[];
      readonly severitySources: readonly string[];
    },
    options: Signal,
  ): Promise<ScanResponse>;
}

export interface TrivyRpcParts {
  readonly connection: ServerConnection;
  readonly base: URL;
  readonly pathPrefix: string;
  readonly token: Secret | undefined;
  readonly tokenHeader: string;
}

const TYPE = 'application/protobuf';

/** @see Twirp wire protocol, version 8 */
export function openTrivyRpc({ connection, base, pathPrefix, token, tokenHeader }: TrivyRpcParts): TrivyRpc {
  const headers = {
    'content-type': TYPE,
    accept: TYPE,
    ...(token && { [tokenHeader.toLowerCase()]: token.reveal() }),
  };
  const root = new URL(base);
  root.pathname = [base.pathname, pathPrefix]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean)
    .join('/');

  async function call(method: string, body: Uint8Array, options: Signal): Promise<Uint8Array> {
    const url = new URL(root);
    url.pathname = `${root.pathname.replace(/\/$/, '')}/${method}`;
    return (await connection.ask({ method: 'POST', url, headers, body }, options)).body;
  }

  return {
    async missing(artifactId, blobIds, options) {
      const request = newMessage(MissingBlobsRequestSchema, { artifactId, blobIds: [...blobIds] });
      const body = writeMessage(MissingBlobsRequestSchema, request, 'protobuf');
      const answer = await call('trivy.cache.v1.Cache/MissingBlobs', body, options);
      const { missingArtifact, missingBlobIds } = understood(connection.host, () =>
        readMessage(MissingBlobsResponseSchema, answer, 'protobuf'),
      );
      return { isArtifactMissing: missingArtifact, blobIds: new Set(missingBlobIds) };
    },
    async putBlob(id, blobInfo, options) {
      const request = newMessage(PutBlobRequestSchema, { diffId: id, blobInfo });
      await call(
        'trivy.cache.v1.Cache/PutBlob',
        writeMessage(PutBlobRequestSchema, request, 'protobuf'),
        options,
      );
    },
    async putArtifact(artifactId, { config }, options) {
      const artifactInfo = newMessage(ArtifactInfoSchema, {
        schemaVersion: ARTIFACT_SCHEMA,
        architecture: config.architecture,
        dockerVersion: config.docker_version ?? '',
        os: config.os,
      });
      const request = newMessage(PutArtifactRequestSchema, { artifactId, artifactInfo });
      const body = writeMessage(PutArtifactRequestSchema, request, 'protobuf');
      await call('trivy.cache.v1.Cache/PutArtifact', body, options);
    },
    async scan({ target, artifactId, blobIds, severitySources }, options) {
      const request = newMessage(ScanRequestSchema, {
        target,
        artifactId,
        blobIds: [...blobIds],
        options: newMessage(ScanOptionsSchema, {
          pkgTypes: ['os', 'library'],
          scanners: ['vuln'],
          // What is told of them is decided on this side.
          includeDevDeps: true,
          vulnSeveritySources: [...severitySources],
        }),
      });
      const body = writeMessage(ScanRequestSchema, request, 'protobuf');
      const answer = await call('trivy.scanner.v1.Scanner/Scan', body, options);
      return understood(connection.host, () => readMessage(ScanResponseSchema, answer, 'protobuf'));
    },
  };
}

/** What is wrong with an answer is the server's doing, not the asker's. */
function understood<T>(host: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DrydockError)) throw cause;
    throw new DrydockError('SERVER_PROTOCOL', `server ${host} gave no sound answer: ${cause.message}`, {
      cause,
    });
  }
}
