import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import { membersOf } from '../json/members.ts';
import { isCsaf, readCsaf } from './csaf.ts';
import { isCycloneDx, readCycloneDxVex } from './cyclonedx-vex.ts';
import { isOpenVex, readOpenVex } from './openvex.ts';
import { vexError, type VexStatement } from './statement.ts';

const MAX_BYTES = 64 << 20;
const BOUNDS = { depth: 200, containers: 2_000_000 };

/**
 * The statements of a VEX document: OpenVEX, CSAF 2.0 or CycloneDX, in JSON.
 *
 * @param source name of the file
 * @throws DrydockError VEX_INVALID
 */
export function readVex(bytes: Uint8Array, source: string): VexStatement[] {
  if (bytes.length > MAX_BYTES) throw vexError(source, `has more than ${MAX_BYTES >> 20} MiB`);
  if (!isWithinJsonBounds(bytes, BOUNDS))
    throw vexError(source, 'is nested too deep or has too many members');
  const value = parse(bytes, source);
  if (isOpenVex(value)) return readOpenVex(membersOf(value), source);
  if (isCsaf(value)) return readCsaf(membersOf(value), source);
  if (isCycloneDx(value)) return readCycloneDxVex(membersOf(value), source);
  throw vexError(source, 'is neither OpenVEX nor CSAF nor CycloneDX');
}

function parse(bytes: Uint8Array, source: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw vexError(source, 'is not JSON');
  }
}
