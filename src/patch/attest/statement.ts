import type { Digest } from '../../model/image.ts';

/** @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicateType: string;
  readonly predicate: object;
}

export interface StatementSubject {
  readonly name: string;
  readonly digest: Digest;
}

export function statementOf(
  subjects: readonly StatementSubject[],
  predicateType: string,
  predicate: object,
): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ name, digest }) => ({ name, digest: digestSet(digest) })),
    predicateType,
    predicate,
  };
}

/** `{"sha256": "…"}` */
export function digestSet(digest: Digest): Readonly<Record<string, string>> {
  const colon = digest.indexOf(':');
  return { [digest.slice(0, colon)]: digest.slice(colon + 1) };
}
