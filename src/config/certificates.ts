import { readFile } from 'node:fs/promises';
import { DrydockError } from '../base/errors.ts';
import { registryHosts } from './registries.ts';
import type { Config } from './schema.ts';
import { systemReason } from './system-reason.ts';

/** PEM texts of the files that the settings name. */
export interface Certificates {
  /** Trusted for every host. */
  readonly authorities: readonly string[];
  readonly authoritiesByHost: Readonly<Record<string, readonly string[]>>;
  readonly clientByHost: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>;
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

/** @throws DrydockError CONFIG_INVALID with the file */
export async function readCertificates(config: Config): Promise<Certificates> {
  const authoritiesByHost: Record<string, readonly string[]> = Object.create(null) as Record<string, never>;
  const clientByHost: Record<string, { certificate: string; key: string }> = Object.create(null) as Record<
    string,
    never
  >;
  for (const [host, { caCert, clientCert, clientKey }] of registryHosts(config)) {
    if (caCert !== undefined) authoritiesByHost[host] = await readAuthorities(caCert);
    if (clientCert === undefined || clientKey === undefined) continue;
    clientByHost[host] = { certificate: await read(clientCert), key: await read(clientKey) };
  }
  const authorities = config.caCert === undefined ? [] : await readAuthorities(config.caCert);
  return { authorities, authoritiesByHost, clientByHost };
}

/** A bundle may hold many. */
async function readAuthorities(path: string): Promise<string[]> {
  const parts = (await read(path)).split(CERTIFICATE).slice(1);
  if (parts.length === 0)
    throw new DrydockError('CONFIG_INVALID', `${path} holds no certificate in PEM form`);
  return parts.map((part) => `${CERTIFICATE}${part}`);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DrydockError(
      'CONFIG_INVALID',
      `the certificate file ${path} cannot be read: ${systemReason(cause)}`,
      { cause },
    );
  }
}
