import { readFile, stat } from 'node:fs/promises';
import { notices } from '../../base/channels.ts';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { isObject, parseJsonObject, textOf, type Document, type JsonObject } from '../json.ts';
import { passwordCredential, type RegistryCredential } from './credential.ts';

const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Under which Docker files its own registry. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_HOSTS: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** One file, as far as credentials go. Keys are hosts, with a path where an entry is for a part of a registry only. */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, AuthEntry>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | undefined;
}

interface AuthEntry {
  /** As written in the file: helpers know it by this name. */
  readonly key: string;
  readonly credential: RegistryCredential | undefined;
}

/**
 * Reads a config.json of Docker or an auth.json of Podman; undefined when there is none.
 * @throws DrydockError CREDENTIALS_INVALID
 */
export async function readDockerConfig(path: string): Promise<DockerConfig | undefined> {
  const bytes = await contentOf(path);
  return bytes && parseDockerConfig(bytes, path);
}

/** @throws DrydockError CREDENTIALS_INVALID */
export function parseDockerConfig(bytes: Uint8Array, path: string): DockerConfig {
  const document: Document = { code: 'CREDENTIALS_INVALID', of: `the credentials file ${path}` };
  const root = parseJsonObject(bytes, document);
  const store = textOf(root['credsStore']);
  return {
    auths: authsOf(root['auths'], document),
    credHelpers: new Map(
      entriesOf(root['credHelpers']).flatMap(([key, name]) => helperOf(normalKey(key), name)),
    ),
    credsStore: store === '' ? undefined : store,
  };
}

/** The keys an entry for a repository may stand under, the most particular one first; the last is the host's. */
export function keysFor(registry: string, repository: string): readonly string[] {
  const host = normalKey(registry);
  const parts = repository.split('/');
  return [...parts.map((_, i) => `${host}/${parts.slice(0, parts.length - i).join('/')}`), host];
}

/** By what name a helper is asked about a registry that the file does not mention. */
export function serverNameOf(registry: string): string {
  return DOCKER_HUB_HOSTS.includes(registry) ? DOCKER_HUB_KEY : registry;
}

/** `https://index.docker.io/v1/` → `docker.io`, `https://r.example.com/v2/` → `r.example.com`. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const [host = '', ...path] = bare.split('/').filter((part) => part !== '');
  const lower = host.toLowerCase();
  const named = DOCKER_HUB_HOSTS.includes(lower) ? 'docker.io' : lower;
  const isApi = path.length === 1 && (path[0] === 'v1' || path[0] === 'v2');
  return isApi ? named : [named, ...path].join('/');
}

/** A host may stand there twice, as URL and as name, one of them empty. */
function authsOf(value: unknown, document: Document): ReadonlyMap<string, AuthEntry> {
  const auths = new Map<string, AuthEntry>();
  for (const [key, entry] of entriesOf(value)) {
    const isFilled = isObject(entry) && Object.keys(entry).length > 0;
    if (!isFilled && auths.has(normalKey(key))) continue;
    auths.set(normalKey(key), {
      key,
      // Only when asked for: a broken entry is no business of those who need another.
      get credential() {
        return isObject(entry) ? credentialOf(entry, key, document) : undefined;
      },
    });
  }
  return auths;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function helperOf(key: string, name: unknown): [string, string][] {
  return typeof name === 'string' && name !== '' ? [[key, name]] : [];
}

function credentialOf(entry: JsonObject, key: string, document: Document): RegistryCredential | undefined {
  const text = (field: string): string => textOf(entry[field]) ?? '';
  if (text('registrytoken')) return { kind: 'registry-token', token: new Secret(text('registrytoken')) };
  if (text('identitytoken')) return { kind: 'identity-token', token: new Secret(text('identitytoken')) };
  if (text('auth')) return fromAuth(text('auth'), key, document);
  return text('username') ? passwordCredential(text('username'), text('password')) : undefined;
}

/** `auth` is base64 of `user:password`; Docker pads it with NULs at times. */
function fromAuth(auth: string, key: string, document: Document): RegistryCredential {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) {
    throw new DrydockError(
      document.code,
      `${document.of} has an auth for ${JSON.stringify(key)} that is not base64 of user:password`,
    );
  }
  return passwordCredential(decoded.slice(0, colon), trimNuls(decoded.slice(colon + 1)));
}

function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** A file that is there but cannot be read is said, and does not keep anybody from images that need no login. */
async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return ignored(path, 'is no file');
    if (found.size > MAX_FILE_BYTES) return ignored(path, `is larger than ${MAX_FILE_BYTES} bytes`);
    return await readFile(path);
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    return ignored(path, `cannot be read: ${messageOf(cause)}`);
  }
}

function ignored(path: string, problem: string): undefined {
  notices.publish({ code: 'CREDENTIALS_IGNORED', message: `the credentials file ${path} ${problem}` });
}
