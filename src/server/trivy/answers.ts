import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const toGzip = promisify(gzip);

/** As servers written in Go do: less than this is not worth it. */
const GZIP_FROM_BYTES = 1_400;

/** What a method answers, ready to be sent. */
export interface Answer {
  readonly bytes: Buffer;
  /** Made when it is first asked for. */
  compressed?: Promise<Buffer>;
}

/** The answer as it is sent to who does or does not take gzip. */
export async function encodedFor(
  answer: Answer,
  acceptEncoding: string | undefined,
): Promise<{ readonly bytes: Buffer; readonly encoding?: 'gzip' }> {
  if (answer.bytes.length < GZIP_FROM_BYTES || !takesGzip(acceptEncoding)) return { bytes: answer.bytes };
  answer.compressed ??= toGzip(answer.bytes);
  return { bytes: await answer.compressed, encoding: 'gzip' };
}

function takesGzip(header = ''): boolean {
  return header.split(',').some((offer) => {
    const [coding = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((each) => /^q=0(?:\.0{0,3})?$/.test(each));
  });
}
