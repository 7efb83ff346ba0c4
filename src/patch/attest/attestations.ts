import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import type { StoredDocument } from '../image/documents.ts';
import { referrerTo, type Referrer } from '../publish/referrer.ts';
import { DSSE, envelopeOf, type Signer } from './envelope.ts';
import { statementOf, type StatementSubject } from './statement.ts';

/** Something that is said of an image. */
export interface Predicate {
  readonly type: string;
  readonly content: object;
  /** Of the file that it can be written to. */
  readonly fileName: string;
}

export interface Attestation {
  readonly predicateType: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly isSigned: boolean;
}

/** Each predicate as a statement of its own, in an envelope. Unsigned where there is no signer. */
export function attest(
  subjects: readonly StatementSubject[],
  predicates: readonly Predicate[],
  signer?: Signer,
): Attestation[] {
  return predicates.map(({ type, content, fileName }) => ({
    predicateType: type,
    fileName,
    bytes: Buffer.from(JSON.stringify(envelopeOf(statementOf(subjects, type, content), signer))),
    isSigned: signer !== undefined,
  }));
}

/** Attestations as they are stored beside the image that they speak of. */
export function attestationReferrers(
  subject: StoredDocument,
  attestations: readonly Attestation[],
  created: string,
): Referrer[] {
  return attestations.map(({ predicateType, bytes, isSigned }) =>
    referrerTo(subject, {
      bytes,
      mediaType: DSSE,
      artifactType: DSSE,
      annotations: {
        'in-toto.io/predicate-type': predicateType,
        'org.opencontainers.image.created': created,
        'dev.drydock.signed': String(isSigned),
      },
    }),
  );
}

/** @throws DrydockError OUTPUT_UNWRITABLE */
export async function writeAttestations(
  directory: string,
  attestations: readonly Attestation[],
): Promise<string[]> {
  try {
    await mkdir(directory, { recursive: true });
    const paths = attestations.map(({ fileName }) => join(directory, fileName));
    await Promise.all(attestations.map(({ bytes }, i) => writeFile(paths[i] ?? '', bytes)));
    return paths;
  } catch (cause) {
    throw new DrydockError('OUTPUT_UNWRITABLE', `cannot write attestations into ${directory}`, { cause });
  }
}
