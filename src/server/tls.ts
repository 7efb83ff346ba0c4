import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { notices } from '../base/channels.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { watchFiles } from './watch-files.ts';

export interface ServerTlsOptions {
  /** PEM: the server's certificate, with those that lead to its root. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM: who may issue client certificates. */
  readonly clientCaFile?: string;
  /** Whether clients are asked for a certificate, and turned away without one. */
  readonly clientCertificates?: 'none' | 'optional' | 'required';
  readonly reloadIntervalMs?: number;
}

/** Something whose certificates can be exchanged while it runs. */
export interface TlsServer {
  setSecureContext(context: SecureContextOptions): void;
}

const DEFAULT_INTERVAL_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** @throws DrydockError CONFIG_INVALID when a file cannot be read, or certificate and key do not belong together */
export async function readSecureContext(options: ServerTlsOptions): Promise<SecureContextOptions> {
  const { certificateFile, keyFile, clientCaFile } = options;
  const [cert, key, ca] = await Promise.all([
    readPem(certificateFile),
    readPem(keyFile),
    clientCaFile === undefined ? undefined : readPem(clientCaFile),
  ]);
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) };
  try {
    createSecureContext(context);
  } catch (cause) {
    // OpenSSL names the step that failed and quotes nothing of the key.
    throw new DrydockError('CONFIG_INVALID', `${certificateFile} and ${keyFile} cannot be used for TLS`, {
      cause,
    });
  }
  return context;
}

/** What clients are asked for. */
export function clientCertificateOptions({ clientCaFile, clientCertificates = 'none' }: ServerTlsOptions): {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
} {
  if (clientCertificates !== 'none' && clientCaFile === undefined) {
    throw new DrydockError(
      'CONFIG_INVALID',
      'client certificates are asked for, but no CA is given to check them',
      {
        hint: 'Give the file with the CA that issues them.',
      },
    );
  }
  return {
    requestCert: clientCertificates !== 'none',
    rejectUnauthorized: clientCertificates === 'required',
  };
}

/**
 * Puts new certificates to use when the files change; open connections keep the old ones. Files that do not fit
 * together, as in the middle of a change, leave everything as it was, and a notice says so (`TLS_INVALID`).
 */
export function keepTlsCurrent(server: TlsServer, options: ServerTlsOptions): Disposable {
  const { certificateFile, keyFile, clientCaFile, reloadIntervalMs = DEFAULT_INTERVAL_MS } = options;
  const paths = [certificateFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const reload = async (): Promise<void> => {
    try {
      server.setSecureContext(await readSecureContext(options));
      notices.publish({
        code: 'TLS_RELOADED',
        message: `the certificate was read again from ${certificateFile}`,
      });
    } catch (error) {
      notices.publish({
        code: 'TLS_INVALID',
        message: `the certificate stays as it was: ${messageOf(error)}`,
      });
    }
  };
  return watchFiles(paths, reloadIntervalMs, () => void reload());
}

async function readPem(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  });
  if (text.length > MAX_BYTES)
    throw new DrydockError('CONFIG_INVALID', `${path} is too large for a PEM file`);
  return text;
}
