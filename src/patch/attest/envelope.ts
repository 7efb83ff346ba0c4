import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Statement } from './statement.ts';

/** @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Signs what attestations say. */
export interface Signer {
  readonly keyId: string;
  sign(bytes: Uint8Array): Uint8Array;
}

export const IN_TOTO = 'application/vnd.in-toto+json';
export const DSSE = 'application/vnd.dsse.envelope.v1+json';

/**
 * A signer with a private key: ECDSA on P-256, or Ed25519.
 * @param pem PKCS #8 or SEC 1
 * @throws DrydockError CONFIG_INVALID
 */
export function signerOf(pem: Secret, passphrase?: Secret): Signer {
  const key = keyFrom(pem, passphrase);
  const isEcdsa = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isEcdsa && key.asymmetricKeyType !== 'ed25519') {
    throw new DrydockError('CONFIG_INVALID', 'the signing key is neither ECDSA on P-256 nor Ed25519');
  }
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(spki).digest('hex'),
    sign: (bytes) => sign(isEcdsa ? 'sha256' : null, bytes, key),
  };
}

function keyFrom(pem: Secret, passphrase: Secret | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem.reveal(), ...(passphrase && { passphrase: passphrase.reveal() }) });
  } catch {
    // The library's message may say something of the key.
    throw new DrydockError('CONFIG_INVALID', 'the signing key is no private key in PEM that can be read', {
      hint: 'An encrypted key needs its passphrase.',
    });
  }
}

/** The statement in an envelope; without a signer it has no signatures, which readers must take as unsigned. */
export function envelopeOf(statement: Statement, signer?: Signer): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const signatures = signer
    ? [
        {
          keyid: signer.keyId,
          sig: Buffer.from(signer.sign(preAuthentication(IN_TOTO, payload))).toString('base64'),
        },
      ]
    : [];
  return { payloadType: IN_TOTO, payload: payload.toString('base64'), signatures };
}

/** @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, "PAE" */
export function preAuthentication(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
