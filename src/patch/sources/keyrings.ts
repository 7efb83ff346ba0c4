import type * as OpenPgp from 'openpgp';
import { messageOf } from '../../base/errors.ts';
import type { AptSource, Note, SignedBy } from './apt-source.ts';
import type { AptConfiguration } from './image-configuration.ts';

/** Keys that the operator trusts besides those of the image, whose own may be long expired. */
export interface OperatorKeyring {
  /** For people. */
  readonly name: string;
  /** Armoured or binary. */
  readonly content: Uint8Array;
  /** Beginnings of the addresses that it is good for; absent for all. */
  readonly uris?: readonly string[];
}

/** A key, and whether only some of its parts may sign. */
export interface AllowedKey {
  readonly key: OpenPgp.PublicKey;
  /** Fingerprints in upper case; absent for any part. */
  readonly parts?: ReadonlySet<string>;
}

const MAX_KEYS = 2_000;

/** Reads each keyring at most once and says who may sign a source. */
export function openKeyrings(
  configuration: Pick<AptConfiguration, 'trustedKeyrings' | 'namedKeyrings'>,
  operator: readonly OperatorKeyring[],
  note: Note,
): { allowedFor(source: AptSource): Promise<readonly AllowedKey[]> } {
  const known = new Map<string, Promise<readonly OpenPgp.PublicKey[]>>();
  const read = (name: string, content: Uint8Array): Promise<readonly OpenPgp.PublicKey[]> => {
    const keys = known.get(name) ?? readKeyring(name, content, note);
    known.set(name, keys);
    return keys;
  };
  const readAll = async (keyrings: Iterable<readonly [string, Uint8Array]>): Promise<OpenPgp.PublicKey[]> => {
    const keys = await Promise.all([...keyrings].map(([name, content]) => read(name, content)));
    return keys.flat();
  };

  async function own({ signedBy, origin }: AptSource): Promise<readonly AllowedKey[]> {
    if (!signedBy) return anyPart(await readAll(configuration.trustedKeyrings));
    if (signedBy.kind === 'inline')
      return anyPart(await read(`a key in ${origin}: ${signedBy.key}`, Buffer.from(signedBy.key)));
    if (signedBy.kind === 'fingerprints')
      return withPrints(await readAll(configuration.trustedKeyrings), signedBy);
    return anyPart(
      await readAll(
        signedBy.paths.flatMap((path) => {
          const content = configuration.namedKeyrings.get(path);
          if (!content) note(`${origin}: the keyring ${path} is not there`);
          return content ? [[path, content] as const] : [];
        }),
      ),
    );
  }

  return {
    async allowedFor(source) {
      const given = operator.filter(
        ({ uris }) => uris?.some((start) => source.uri.startsWith(start)) ?? true,
      );
      const extra = await readAll(given.map(({ name, content }) => [`operator:${name}`, content] as const));
      return [...(await own(source)), ...anyPart(extra)];
    },
  };
}

function anyPart(keys: readonly OpenPgp.PublicKey[]): AllowedKey[] {
  return keys.map((key) => ({ key }));
}

function withPrints(
  keys: readonly OpenPgp.PublicKey[],
  { prints }: Extract<SignedBy, { kind: 'fingerprints' }>,
): AllowedKey[] {
  return keys.flatMap((key): AllowedKey[] => {
    const parts = key.getKeys().map((part) => part.getFingerprint().toUpperCase());
    const named = prints.filter(({ hex }) => parts.includes(hex));
    if (named.length === 0) return [];
    return named.some(({ exact }) => !exact)
      ? [{ key }]
      : [{ key, parts: new Set(named.map(({ hex }) => hex)) }];
  });
}

async function readKeyring(
  name: string,
  content: Uint8Array,
  note: Note,
): Promise<readonly OpenPgp.PublicKey[]> {
  const { readKeys } = await import('openpgp');
  const shown = name.split(':', 1)[0] ?? '';
  try {
    const text = Buffer.from(content.subarray(0, 4_096)).toString('latin1');
    const keys = text.includes('-----BEGIN PGP')
      ? await readKeys({ armoredKeys: Buffer.from(content).toString('utf8') })
      : await readKeys({ binaryKeys: new Uint8Array(content) });
    if (keys.length > MAX_KEYS) note(`${shown} holds more than ${MAX_KEYS} keys; the others are not used`);
    return keys.slice(0, MAX_KEYS).map((key) => key.toPublic());
  } catch (error) {
    // A keyring that cannot be read trusts nobody.
    note(`the keyring ${shown} cannot be read: ${messageOf(error).slice(0, 200)}`);
    return [];
  }
}
