/** Reads numbers of one byte order out of a buffer that is known to hold them. */
export interface Numbers {
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  /** Beyond 2^53 inexact, which is beyond any file. */
  readonly u64: (at: number) => number;
  /** 64 or 32 bits wide. */
  readonly word: (at: number) => number;
}

export function numbersIn(bytes: Buffer, isLittleEndian: boolean, isWide: boolean): Numbers {
  const u16 = (at: number) => (isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at: number) => {
    const [low, high] = isLittleEndian ? [u32(at), u32(at + 4)] : [u32(at + 4), u32(at)];
    return high * 0x1_0000_0000 + low;
  };
  return { u16, u32, u64, word: isWide ? u64 : u32 };
}

/** Text up to the first NUL. */
export function textIn(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
