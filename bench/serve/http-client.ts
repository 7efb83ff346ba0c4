import { connect, type Socket } from 'node:net';

/** How an answer came out. */
export interface Answered {
  readonly status: number;
  readonly bytes: number;
}

/**
 * One connection that is kept, with one request at a time. It reads just enough of an answer to know where it ends, as
 * whoever measures must not need more than what is measured.
 */
export interface KeptConnection {
  readonly isFree: boolean;
  /** @param answered undefined: the connection was lost, and is made anew */
  send(request: Buffer, answered: (answer: Answered | undefined) => void): void;
  close(): void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

export async function openConnection(port: number): Promise<KeptConnection> {
  let socket: Socket;
  let waiting: ((answer: Answered | undefined) => void) | undefined;
  let reader = openReader();
  let isClosed = false;

  const end = (answer: Answered | undefined): void => {
    const told = waiting;
    waiting = undefined;
    told?.(answer);
  };
  const open = (): Promise<void> =>
    new Promise((ready, fail) => {
      socket = connect({ port, host: '127.0.0.1', noDelay: true });
      reader = openReader();
      socket.once('connect', ready);
      socket.on('error', fail);
      socket.on('data', (bytes) => {
        const answer = reader.read(bytes);
        if (!answer) return;
        reader = openReader();
        end(answer);
      });
      socket.on('close', () => {
        if (isClosed) return;
        const reopened = open();
        reopened.then(
          () => end(undefined),
          () => end(undefined),
        );
      });
    });
  await open();
  return {
    get isFree() {
      return waiting === undefined;
    },
    send(request, answered) {
      waiting = answered;
      socket.write(request);
    },
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
}

interface Reader {
  /** The answer, once all of it was read. */
  read(bytes: Buffer): Answered | undefined;
}

function openReader(): Reader {
  let head: Buffer | undefined = Buffer.alloc(0);
  let status = 0;
  let bytes = 0;
  let body: Reader | undefined;
  return {
    read(piece) {
      bytes += piece.length;
      let rest = piece;
      if (head) {
        head = head.length === 0 ? piece : Buffer.concat([head, piece]);
        const end = head.indexOf(END_OF_HEAD);
        if (end < 0) return undefined;
        const text = head.toString('latin1', 0, end);
        rest = head.subarray(end + END_OF_HEAD.length);
        head = undefined;
        status = Number(text.slice(9, 12));
        body = /\r\ntransfer-encoding: chunked/i.test(text)
          ? chunked()
          : counted(Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0));
      }
      return body?.read(rest) && { status, bytes };
    },
  };
}

const WHOLE: Answered = { status: 0, bytes: 0 };

function counted(length: number): Reader {
  let left = length;
  return {
    read(piece) {
      left -= piece.length;
      return left <= 0 ? WHOLE : undefined;
    },
  };
}

function chunked(): Reader {
  let skip = 0;
  let line = '';
  let isLast = false;
  return {
    read(piece) {
      for (let at = 0; at < piece.length;) {
        if (skip > 0) {
          const taken = Math.min(skip, piece.length - at);
          skip -= taken;
          at += taken;
          if (isLast && skip === 0) return WHOLE;
          continue;
        }
        const end = piece.indexOf(10, at);
        line += piece.toString('latin1', at, end < 0 ? piece.length : end);
        if (end < 0) return undefined;
        at = end + 1;
        const size = parseInt(line, 16);
        line = '';
        // The bytes and the end of their line; after the last chunk there is an empty line.
        isLast = size === 0;
        skip = size + 2;
      }
      return undefined;
    },
  };
}
