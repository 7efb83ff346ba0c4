import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { OperatorKeyring } from '../../sources/keyrings.ts';
import type { Note } from '../../sources/apt-source.ts';
import { untrusted, withoutKeys } from '../../sources/signed-text.ts';
import type { SignedParts } from '../archive/signed-parts.ts';
import type { ApkRepository } from './repositories.ts';

/** Who may sign. */
export interface ApkKeys {
  /** Those that a signature of this name may be made with. */
  named(name: string, repository: Pick<ApkRepository, 'uri'>): readonly KeyObject[];
  isEmpty(repository: Pick<ApkRepository, 'uri'>): boolean;
}

/** Alpine's own have 2048 bits and more. */
const MIN_BITS = 2048;

/**
 * @param image public keys by name
 * @param operator keys that are trusted besides, by whatever name
 */
export function openApkKeys(
  image: ReadonlyMap<string, Uint8Array>,
  operator: readonly OperatorKeyring[],
  note: Note,
): ApkKeys {
  const own = new Map(
    [...image].flatMap(([name, content]) => {
      const key = readKey(name, content, note);
      return key ? [[name, key] as const] : [];
    }),
  );
  const given = operator.flatMap(({ name, content, uris }) => {
    const key = readKey(name, content, note);
    return key ? [{ key, uris }] : [];
  });
  const extra = (uri: string): KeyObject[] =>
    given.flatMap(({ key, uris }) => ((uris?.some((start) => uri.startsWith(start)) ?? true) ? [key] : []));
  return {
    named(name, { uri }) {
      const key = own.get(name);
      return [...(key ? [key] : []), ...extra(uri)];
    },
    isEmpty: ({ uri }) => own.size === 0 && extra(uri).length === 0,
  };
}

function readKey(name: string, content: Uint8Array, note: Note): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(content), format: 'pem' });
    const isStrong =
      key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_BITS;
    if (isStrong) return key;
    note(`the key ${name} is not of RSA with ${MIN_BITS} bits, and trusts nobody`);
  } catch {
    note(`the key ${name} cannot be read, and trusts nobody`);
  }
  return undefined;
}

/**
 * One good signature by an allowed key is enough.
 *
 * @throws DrydockError ARCHIVE_UNTRUSTED
 */
export function verifyParts(
  { signatures, body }: SignedParts,
  keys: ApkKeys,
  repository: ApkRepository,
  url: string,
): void {
  if (repository.trusted && repository.byOperator) return;
  if (keys.isEmpty(repository)) throw withoutKeys(url);
  if (signatures.length === 0) throw untrusted(url, 'it is not signed');
  let isKnown = false;
  for (const { hash, keyName, content } of signatures) {
    for (const key of keys.named(keyName, repository)) {
      isKnown = true;
      if (verify(hash, body, key, content)) return;
    }
  }
  const [{ keyName } = { keyName: '' }] = signatures;
  throw untrusted(
    url,
    isKnown ? 'its signature is wrong' : `no key called ${JSON.stringify(keyName)} is known`,
  );
}
