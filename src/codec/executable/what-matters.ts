import { BUILD_INFO_ALIGNMENT, BUILD_INFO_MAGIC, MAX_DATA_REGIONS } from '../go-buildinfo.ts';
import type { Executable, Region } from './executable.ts';
import type { KeptFile } from './kept-file.ts';

/** Data of programs in Go without a dynamic loader is smaller; otherwise it holds all that has to be relocated. */
const MAX_DATA_BYTES = 4 << 20;
const MAX_BUILD_INFO_BYTES = 4 << 20;
/** What follows the parts that are mapped: for debuggers, then tables of symbols and sections. */
const MAX_TAIL_BYTES = 12 << 20;

/** Type and name of the note by which Go's own tools know what they have built, in both byte orders. */
const GO_NOTES = ['\x04\0\0\0Go\0\0', '\0\0\0\x04Go\0\0'].map((text) => Buffer.from(text, 'latin1'));

/**
 * Asks for the parts of a file in which anything we read can lie. Lists of crates are never mapped, so they follow
 * everything else; build information of Go lies in the data, and may point at constants. Machine code is not needed,
 * unless it shares its part with constants.
 */
export function keepWhatMatters(executable: Executable, head: Buffer, file: KeptFile): void {
  if (executable.format === 'elf') keepTail(executable, file);
  const data = executable.regions.filter(({ isData }) => isData);
  for (const region of data.slice(0, MAX_DATA_REGIONS)) keepData(region, file);
  if (executable.format === 'elf' && !GO_NOTES.some((note) => head.includes(note))) return;
  for (const [from, to] of constantsOf(executable)) file.keep(from, to);
}

function keepTail({ regions }: Executable, file: KeptFile): void {
  const end = Math.max(...regions.map(({ offset, fileBytes }) => offset + fileBytes));
  file.keep(Math.max(end, file.sizeBytes - MAX_TAIL_BYTES), file.sizeBytes);
}

/** Go's build information lies anywhere in there. */
function keepData({ address, offset, fileBytes }: Region, file: KeptFile): void {
  if (fileBytes <= MAX_DATA_BYTES) return file.keep(offset, offset + fileBytes);
  file.watch({
    from: offset,
    to: offset + fileBytes,
    needle: BUILD_INFO_MAGIC,
    keepBytes: MAX_BUILD_INFO_BYTES,
    maxHits: 1,
    isHit: (at) => (at - offset + address) % BUILD_INFO_ALIGNMENT === 0,
  });
}

/** Parts that are neither data nor code, by offset. */
function constantsOf({ format, regions, sections }: Executable): (readonly [number, number])[] {
  if (format === 'mach-o') {
    // Constants share a segment with the code, but sections are known.
    const others = sections.filter(({ name }) => name !== '__text');
    return others.map(({ offset, sizeBytes }) => [offset, offset + sizeBytes] as const);
  }
  const plain = regions.filter(({ isCode, isData }) => !isCode && !isData);
  const chosen = plain.length > 0 ? plain : regions.filter(({ isData }) => !isData);
  return chosen.map(({ offset, fileBytes }) => [offset, offset + fileBytes] as const);
}
