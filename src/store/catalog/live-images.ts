import type { Digest } from '../../model/image.ts';
import type { CatalogImage } from './catalog.ts';
import { imageOf, listOf, openTexts, writePack, type ImageRecord, type Pack, type Texts } from './pack.ts';

/** What is known of an image by all records about it. */
export interface LiveImage {
  readonly pack: Pack;
  readonly record: ImageRecord;
  /** Names by which it was asked for before this record. */
  readonly earlierNames: readonly string[];
  /** When somebody had asked for it before this record. */
  readonly earlierAskedAt?: string;
  /** Databases for which its report is as good. */
  readonly carriedTo?: string;
}

const NOT_KNOWN: Pick<CatalogImage, 'names' | 'askedAt'> = { names: [] };
/** The newest are kept. */
const MAX_NAMES = 100;

/** Applies records in their order. */
export function liveImages(packs: readonly Pack[]): Map<Digest, LiveImage> {
  const live = new Map<Digest, LiveImage>();
  for (const pack of packs) {
    for (const record of pack.records) {
      const known = live.get(record.identity);
      if (record.kind === 'removed') live.delete(record.identity);
      else if (record.kind === 'image') {
        const { names: earlierNames, askedAt } = known ? toImage(known) : NOT_KNOWN;
        const earlier = { earlierNames, ...(askedAt !== undefined && { earlierAskedAt: askedAt }) };
        live.set(record.identity, { pack, record, ...earlier });
      } else if (known && toImage(known).report.advisoryDbs === record.from)
        live.set(record.identity, { ...known, carriedTo: record.to });
    }
  }
  return live;
}

export function toImage(live: LiveImage): CatalogImage {
  const { pack, record, earlierNames, earlierAskedAt, carriedTo } = live;
  const told = imageOf(pack, record);
  const askedAt = told.askedAt ?? earlierAskedAt;
  const image = askedAt === undefined ? told : { ...told, askedAt };
  const names = earlierNames.length === 0 ? image.names : joined(earlierNames, image.names);
  if (carriedTo === undefined) return { ...image, names };
  const heldUnder = image.heldUnder ?? image.report.advisoryDbs;
  return { ...image, names, heldUnder, report: { ...image.report, advisoryDbs: carriedTo } };
}

/** The newest last, each once. */
function joined(earlier: readonly string[], later: readonly string[]): readonly string[] {
  const names = new Set(earlier);
  for (const name of later) {
    names.delete(name);
    names.add(name);
  }
  return [...names].slice(-MAX_NAMES);
}

/** All that is known, as one pack. */
export function mergePacks(packs: readonly Pack[]): Buffer {
  const texts = openTexts();
  const renumber = openRenumbering(texts);
  const records = [...liveImages(packs)].map(([identity, live]) => ({
    kind: 'image' as const,
    identity,
    image: toImage(live),
    names: renumber(live.pack, listOf(live.pack, live.record, 'names')),
    vulnerabilities: renumber(live.pack, listOf(live.pack, live.record, 'vulnerabilities')),
  }));
  return writePack(records, texts);
}

/** Each text of a pack is looked at once, however many images name it. */
function openRenumbering(texts: Texts): (pack: Pack, numbers: Uint32Array) => Uint32Array {
  const known = new Map<Pack, Int32Array>();
  return (pack, numbers) => {
    const table = known.get(pack) ?? new Int32Array(pack.textCount).fill(-1);
    known.set(pack, table);
    const renumber = (number: number): number => {
      const found = table[number] ?? -1;
      return found >= 0 ? found : (table[number] = texts.number(pack.text(number)));
    };
    return numbers.map(renumber).sort();
  };
}
