import {
  create,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { isWithinJsonBounds } from '../codec/bounded-json.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { judgeWire } from './wire-bounds.ts';

/** How a message is written: both ends of this protocol speak both. */
export type WireForm = 'protobuf' | 'json';

/** What a body may at most become, as two bytes of it may be a whole message. */
const JSON_BOUNDS = { depth: 100, containers: 1_000_000 } as const;

/**
 * A message of a body. Fields that are not known are kept in the binary form and left out in the other.
 *
 * @throws DrydockError REQUEST_INVALID, REQUEST_TOO_LARGE
 */
export function readMessage<D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  form: WireForm,
): MessageShape<D> {
  if (!isBounded(schema, bytes, form))
    throw new DrydockError('REQUEST_TOO_LARGE', `the ${schema.name} holds too much`);
  try {
    if (form === 'protobuf') return fromBinary(schema, bytes);
    return fromJsonString(schema, new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
      ignoreUnknownFields: true,
    });
  } catch (error) {
    const message = `the body is no ${schema.name}: ${messageOf(error).slice(0, 200)}`;
    throw new DrydockError('REQUEST_INVALID', message, { cause: error });
  }
}

/** In JSON names are as they were declared and nothing is left out, as servers written in Go answer. */
export function writeMessage<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  form: WireForm,
): Uint8Array {
  if (form === 'protobuf') return toBinary(schema, message);
  const text = toJsonString(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
  return new TextEncoder().encode(text);
}

/** A message with some fields set, for rooms that do not know the library. */
export function newMessage<D extends DescMessage>(schema: D, fields?: MessageInitShape<D>): MessageShape<D> {
  return create(schema, fields);
}

/** What nobody can read is told by the reader. */
function isBounded(schema: DescMessage, bytes: Uint8Array, form: WireForm): boolean {
  if (form === 'json') return isWithinJsonBounds(bytes, JSON_BOUNDS);
  const verdict = judgeWire(schema, bytes);
  if (verdict === 'unreadable')
    throw new DrydockError('REQUEST_INVALID', `the body is no ${schema.name}: not made of fields`);
  return verdict === 'fits';
}
