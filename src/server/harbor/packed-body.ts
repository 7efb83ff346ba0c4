import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';

/** A body, compressed. */
export type Packed = Buffer;

/** Fast, and still a tenth of the size: what is asked for is to be there soon. */
const LEVEL = 1;

/** Writes a body as it is kept until it is sent: small, and off the thread for the most part. */
export async function pack(pieces: Iterable<string>): Promise<Packed> {
  const chunks: Buffer[] = [];
  const source = Readable.from(grouped(pieces));
  const gzip = createGzip({ level: LEVEL });
  source.on('error', (error) => gzip.destroy(error));
  for await (const chunk of source.pipe(gzip)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const GROUP_CHARS = 64 << 10;

/** Pieces of a size that is worth handing over. */
function* grouped(pieces: Iterable<string>): Generator<Buffer> {
  let group = '';
  for (const piece of pieces) {
    group += piece;
    if (group.length < GROUP_CHARS) continue;
    yield Buffer.from(group);
    group = '';
  }
  if (group !== '') yield Buffer.from(group);
}

/** Sends it packed to who takes that, and unpacks it on the way to who does not. */
export function sendPacked(body: Packed, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (takesGzip(headers['accept-encoding'])) return reply.header('content-encoding', 'gzip').send(body);
  return reply.send(Readable.from([body]).pipe(createGunzip()));
}

function takesGzip(header = ''): boolean {
  return header.split(',').some((offer) => {
    const [coding = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((each) => /^q=0(?:\.0{0,3})?$/.test(each));
  });
}
