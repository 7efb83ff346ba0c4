import { spawn } from 'node:child_process';
import { createServer, request as ask, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

const SCAN = '/twirp/trivy.scanner.v1.Scanner/Scan';

/**
 * Has a real client scan an OCI layout with a server, which so knows its blobs, and keeps the request for the Scan as
 * the client sent it.
 */
export async function captureScan(
  trivy: string,
  home: string,
  layout: string,
  port: number,
): Promise<Buffer> {
  const { proxy, scans } = await startRecorder(port);
  try {
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const args = ['--cache-dir', home, '--quiet', 'image', '--input', layout, '--scanners', 'vuln'];
    const child = spawn(trivy, [...args, '--server', url, '--format', 'json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { HOME: home },
    });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const code = await new Promise((done) => child.once('close', done));
    const [scan] = scans;
    if (code !== 0 || !scan) throw new Error(`no Scan of ${layout} was captured: ${errors}`);
    return scan;
  } finally {
    proxy.close();
  }
}

async function startRecorder(port: number) {
  const scans: Buffer[] = [];
  const proxy = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      const body = Buffer.concat(pieces);
      if (path === SCAN) scans.push(wholeRequest(SCAN, headers, body));
      ask({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      })
        .on('error', () => response.destroy())
        .end(body);
    });
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  return { proxy, scans };
}

/** A POST as it goes over a connection that is kept, with the headers of who sent it first. */
export function wholeRequest(path: string, headers: IncomingHttpHeaders, body: Buffer): Buffer {
  const kept = Object.entries({
    ...headers,
    host: '127.0.0.1',
    'content-length': String(body.length),
  }).filter(([name]) => name !== 'connection' && name !== 'transfer-encoding');
  const head = kept.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}
