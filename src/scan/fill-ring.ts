import { openRingWriter, SLOT_BYTES, type RingMemory } from './shared-ring.ts';

/** Copies a stream into a ring, small chunks joined to whole slots, no faster than they are taken. */
export async function fillRing(chunks: AsyncIterable<Uint8Array>, memory: RingMemory): Promise<undefined> {
  const writer = openRingWriter(memory);
  const slot = new Uint8Array(SLOT_BYTES);
  let fill = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + slot.length - fill);
      slot.set(part, fill);
      fill += part.length;
      at += part.length;
      if (fill < slot.length) break;
      await writer.writeAsync('stored', slot);
      fill = 0;
    }
  }
  if (fill > 0) await writer.writeAsync('stored', slot.subarray(0, fill));
  await writer.writeAsync('end', slot.subarray(0, 0));
  return undefined;
}
