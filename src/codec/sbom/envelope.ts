import { SbomError } from './document.ts';
import { member, objectAt, objectIn, textAt, type JsonObject } from './json-members.ts';

/** A statement in an envelope in a bundle is three. */
const MAX_WRAPPINGS = 8;

/** Texts of this many bytes are looked into once more, when base64 is undone. */
export type ParseText = (text: string) => unknown;

/**
 * What lies within: signed envelopes (DSSE), bundles around those, attestations (in-toto) and GitHub's answers are
 * taken off one by one. Signatures are not looked at.
 *
 * @see https://github.com/in-toto/attestation/tree/main/spec/v1
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function unwrap(root: JsonObject, parse: ParseText): JsonObject {
  let node = root;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const inner = contentOf(node, parse);
    if (!inner) return node;
    node = inner;
  }
  throw new SbomError('damaged', `it is wrapped more than ${MAX_WRAPPINGS} times`);
}

function contentOf(node: JsonObject, parse: ParseText): JsonObject | undefined {
  if (isDocument(node)) return undefined;
  const payload = member(node, 'payload');
  if (typeof payload === 'string')
    return asObject(Buffer.from(payload, 'base64').toString('utf8'), parse, 'the payload of its envelope');
  if (textAt(node, 'predicateType') !== undefined) return predicateOf(node, parse);
  return objectAt(node, 'dsseEnvelope') ?? objectAt(node, 'sbom');
}

/** Some put the document as text, or one level deeper under `Data`. */
function predicateOf(node: JsonObject, parse: ParseText): JsonObject {
  const predicate = member(node, 'predicate');
  if (typeof predicate === 'string') return asObject(predicate, parse, 'what it attests');
  const object = objectIn(predicate);
  if (!object) throw new SbomError('damaged', 'it attests nothing');
  if (isDocument(object)) return object;
  const data = member(object, 'Data');
  if (typeof data === 'string') return asObject(data, parse, 'what it attests');
  return objectIn(data) ?? object;
}

function asObject(text: string, parse: ParseText, what: string): JsonObject {
  const object = objectIn(parse(text));
  if (!object) throw new SbomError('damaged', `${what} is no JSON object`);
  return object;
}

/** Whether it says of itself that it is one. */
export function isDocument(node: JsonObject): boolean {
  return textAt(node, 'bomFormat') === 'CycloneDX' || textAt(node, 'spdxVersion') !== undefined;
}
