import { open } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toDigest } from '../../base/digest.ts';
import { hasErrno } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import type { Door } from '../door.ts';
import { CONFIG, MANIFEST_TYPE } from './artifact.ts';
import { parseByteRange } from './byte-range.ts';
import type { MirroredDatabase } from './mirrored-database.ts';

export interface MirrorParts {
  readonly databases: readonly MirroredDatabase[];
  /** Whoever reaches the server may download, as with the public registries. */
  readonly isOpen?: boolean;
}

/**
 * The installed databases, as a registry would offer them: for other installations and for Trivy itself, whatever the
 * path before the repository's last part (`host/trivy-db`, `host/aquasecurity/trivy-db`).
 * @see OCI Distribution Spec 1.1, "Pulling"
 */
export function mirrorDoor({ databases, isOpen = false }: MirrorParts): Door {
  const config = { errors: 'oci' as const, ...(!isOpen && { scope: 'read' as const }) };
  const method = ['GET', 'HEAD'];
  return (app: FastifyInstance) => {
    const version = (_: FastifyRequest, reply: FastifyReply): FastifyReply =>
      reply.header('docker-distribution-api-version', 'registry/2.0').send({});
    app.route({ method, url: '/v2', config, handler: version });
    app.route({ method, url: '/v2/', config, handler: version });
    app.route<{ Params: { '*': string } }>({
      method,
      url: '/v2/*',
      config,
      async handler(request, reply) {
        const asked = parsePath(request.params['*']);
        const database = asked && databases.find(({ kind }) => kind.name === lastPart(asked.name));
        if (!asked || !database)
          return refuse(reply, 'NAME_UNKNOWN', 'no database is offered under this name');
        if (asked.kind === 'tags') return tellTags(asked.name, database, reply);
        if (asked.kind === 'manifests') return await tellManifest(asked.reference, database, request, reply);
        return await tellBlob(asked.reference, database, request, reply);
      },
    });
  };
}

interface Asked {
  readonly kind: 'tags' | 'manifests' | 'blobs';
  readonly name: string;
  readonly reference: string;
}

function parsePath(path: string): Asked | undefined {
  const parts = path.split('/');
  const reference = parts.pop() ?? '';
  const kind = parts.pop();
  const name = parts.join('/');
  if (kind === 'tags' && reference === 'list') return { kind, name, reference };
  return kind === 'manifests' || kind === 'blobs' ? { kind, name, reference } : undefined;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function tellTags(name: string, { kind }: MirroredDatabase, reply: FastifyReply): FastifyReply {
  return reply.send({ name, tags: [kind.tag] });
}

async function tellManifest(
  reference: string,
  database: MirroredDatabase,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const digest = toDigest(reference);
  const isCurrent = reference === database.kind.tag || reference === 'latest';
  const artifact = digest
    ? await database.withManifest(digest)
    : isCurrent
      ? await database.current()
      : undefined;
  if (!artifact) return refuse(reply, 'MANIFEST_UNKNOWN', 'there is no such database');
  const { manifest } = artifact;
  reply.header('cache-control', digest ? 'max-age=31536000, immutable' : 'no-cache');
  return tellBytes(manifest.bytes, manifest.digest, MANIFEST_TYPE, request, reply);
}

async function tellBlob(
  reference: string,
  database: MirroredDatabase,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const digest = toDigest(reference);
  if (digest === CONFIG.digest)
    return tellBytes(CONFIG.bytes, digest, 'application/octet-stream', request, reply);
  const artifact = digest && (await database.withBlob(digest));
  if (!artifact) return refuse(reply, 'BLOB_UNKNOWN', 'there is no such blob');
  return await tellFile(artifact.archive.path, artifact.archive.digest, request, reply);
}

function tellBytes(
  bytes: Buffer,
  digest: Digest,
  type: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (isKnownToClient(digest, request, reply)) return reply.code(304).send();
  reply.type(type).header('content-length', bytes.length);
  return request.method === 'HEAD' ? reply.send() : reply.send(bytes);
}

async function tellFile(
  path: string,
  digest: Digest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (isKnownToClient(digest, request, reply)) return reply.code(304).send();
  const file = await open(path, 'r').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!file) return refuse(reply, 'BLOB_UNKNOWN', 'there is no such blob');
  const { size } = await file.stat();
  const isSame = [undefined, `"${digest}"`].includes(request.headers['if-range'] as string | undefined);
  const range = isSame ? parseByteRange(request.headers.range, size) : undefined;
  reply.type('application/octet-stream').header('accept-ranges', 'bytes');
  reply.header('cache-control', 'max-age=31536000, immutable');
  if (range === 'unsatisfiable') {
    await file.close();
    return reply.code(416).header('content-range', `bytes */${size}`).send();
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  reply.header('content-length', end - start + 1);
  if (request.method === 'HEAD') {
    await file.close();
    return reply.send();
  }
  return reply.send(file.createReadStream({ start, end, highWaterMark: 1 << 18 }));
}

function isKnownToClient(digest: Digest, request: FastifyRequest, reply: FastifyReply): boolean {
  const tag = `"${digest}"`;
  reply.header('docker-content-digest', digest).header('etag', tag);
  const known = request.headers['if-none-match'];
  return (
    known === '*' || (known?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag) ?? false)
  );
}

/** @see OCI Distribution Spec 1.1, "Error Codes" */
function refuse(reply: FastifyReply, code: string, message: string): FastifyReply {
  return reply
    .code(404)
    .type('application/json')
    .send({ errors: [{ code, message }] });
}
