import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramLogin } from '../../../model/scanner-registration.ts';
import type { RegistryCredential } from '../../../oci/credentials/credential.ts';
import { ScannerFailure } from '../scanner.ts';
import { DOCKER_HUB } from './program-arguments.ts';

/**
 * Hands a login to a program: as variables, or as a file that nobody else may read.
 *
 * @param folder of this run alone
 * @returns what to add to its environment
 */
export async function handLogin(
  login: ProgramLogin,
  { credential, host, folder }: { credential: RegistryCredential | undefined; host: string; folder: string },
): Promise<Readonly<Record<string, string>>> {
  // Always a file of its own, so that logins of whoever runs this are never used for somebody else's scan.
  const config = { auths: login.kind === 'docker-config' ? authsOf(host, credential) : {} };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  const variables = login.kind === 'variables' && credential ? variablesOf(login, host, credential) : {};
  return { DOCKER_CONFIG: folder, ...variables };
}

function authsOf(host: string, credential: RegistryCredential | undefined): Record<string, object> {
  if (!credential) return {};
  const login = loginOf(credential);
  return { [host]: login, ...(host === DOCKER_HUB && { 'https://index.docker.io/v1/': login }) };
}

function loginOf(credential: RegistryCredential): object {
  if (credential.kind === 'registry-token') return { registrytoken: credential.token.reveal() };
  if (credential.kind === 'identity-token') return { identitytoken: credential.token.reveal() };
  const text = `${credential.username}:${credential.password.reveal()}`;
  return { auth: Buffer.from(text).toString('base64') };
}

function variablesOf(
  login: Extract<ProgramLogin, { kind: 'variables' }>,
  host: string,
  credential: RegistryCredential,
): Record<string, string> {
  const registry = login.registry === undefined ? {} : { [login.registry]: host };
  if (credential.kind === 'basic')
    return {
      ...registry,
      [login.username]: credential.username,
      [login.password]: credential.password.reveal(),
    };
  if (credential.kind === 'registry-token' && login.token !== undefined)
    return { ...registry, [login.token]: credential.token.reveal() };
  throw new ScannerFailure('REGISTRY_AUTH', 'the program that scans takes no token for a registry');
}
