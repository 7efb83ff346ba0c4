import { byteSet, complement } from './syntax.ts';

const DIGIT = byteSet([0x30, 0x39]);
/** Unlike JavaScript's, RE2's is neither vertical tab nor any space beyond ASCII. */
const SPACE = byteSet([0x09, 0x0a], [0x0c, 0x0d], [0x20, 0x20]);
const WORD = byteSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);

/** `\d` and its like, by letter. */
export const PERL_CLASSES: ReadonlyMap<string, Uint8Array> = new Map([
  ['d', DIGIT],
  ['D', complement(DIGIT)],
  ['s', SPACE],
  ['S', complement(SPACE)],
  ['w', WORD],
  ['W', complement(WORD)],
]);

const UPPER = [0x41, 0x5a] as const;
const LOWER = [0x61, 0x7a] as const;
const DIGITS = [0x30, 0x39] as const;

/** `[:alpha:]` and its like, by name. */
export const POSIX_CLASSES: ReadonlyMap<string, Uint8Array> = new Map([
  ['alnum', byteSet(DIGITS, UPPER, LOWER)],
  ['alpha', byteSet(UPPER, LOWER)],
  ['ascii', byteSet([0, 0x7f])],
  ['blank', byteSet([0x09, 0x09], [0x20, 0x20])],
  ['cntrl', byteSet([0, 0x1f], [0x7f, 0x7f])],
  ['digit', DIGIT],
  ['graph', byteSet([0x21, 0x7e])],
  ['lower', byteSet(LOWER)],
  ['print', byteSet([0x20, 0x7e])],
  ['punct', byteSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e])],
  ['space', byteSet([0x09, 0x0d], [0x20, 0x20])],
  ['upper', byteSet(UPPER)],
  ['word', WORD],
  ['xdigit', byteSet(DIGITS, [0x41, 0x46], [0x61, 0x66])],
]);
