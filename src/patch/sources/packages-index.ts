import { readStanzas, type Stanza } from '../../ecosystems/deb/read-stanzas.ts';
import { DrydockError } from '../../base/errors.ts';
import { isPlainPath } from './apt-source.ts';

/** What a package says of itself, in an index or in the database of installed ones. */
export interface ControlRecord {
  readonly name: string;
  readonly architecture: string;
  /** As it is written. */
  readonly version: string;
  readonly source: { readonly name: string; readonly version: string };
  readonly multiArch: string;
  /** Fields as they are written; empty where there is none. */
  readonly preDepends: string;
  readonly depends: string;
  readonly provides: string;
  readonly breaks: string;
  readonly conflicts: string;
}

/** A package that an index offers. */
export interface OfferedPackage extends ControlRecord {
  /** Below the archive. */
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Share of machines that shall have it by now; 100 where nothing is said. */
  readonly phasedPercentage: number;
}

const RELATIONS = ['pre-depends', 'depends', 'provides', 'breaks', 'conflicts'];
export const CONTROL_FIELDS: readonly string[] = [
  ...['package', 'architecture', 'version', 'source', 'multi-arch'],
  ...RELATIONS,
];
const FIELDS: ReadonlySet<string> = new Set([
  ...CONTROL_FIELDS,
  ...['filename', 'size', 'sha256', 'phased-update-percentage'],
]);

const MAX_STANZA_BYTES = 2 << 20;
const MAX_OFFERS = 100_000;
const GAP = Buffer.from('\n\n');
const NAME_FIELD = Buffer.from('Package: ');
const NAME_LINE = Buffer.from('\nPackage: ');
const NEWLINE = 0x0a;

/**
 * The packages of those names in an index that comes in pieces. What is not asked for is passed over unread.
 * Nothing of it is to be believed before the whole has been compared with its sum.
 *
 * @throws DrydockError ARCHIVE_LIMIT
 */
export async function readPackages(
  pieces: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
): Promise<OfferedPackage[]> {
  const found: OfferedPackage[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const take = (stanza: Buffer): void => {
    const name = nameIn(stanza);
    if (name === undefined || !wanted.has(name)) return;
    for (const read of readStanzas(stanza, FIELDS)) {
      const offer = toOffer(read);
      if (offer) found.push(offer);
    }
    if (found.length > MAX_OFFERS) throw tooLarge(`more than ${MAX_OFFERS} packages of the names asked for`);
  };
  for await (const piece of pieces) {
    const text = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let start = 0;
    for (;;) {
      const end = text.indexOf(GAP, start);
      if (end < 0) break;
      take(text.subarray(start, end));
      start = end + GAP.length;
    }
    rest = text.subarray(start);
    if (rest.length > MAX_STANZA_BYTES) throw tooLarge(`a paragraph of more than ${MAX_STANZA_BYTES} bytes`);
  }
  take(rest);
  return found;
}

function tooLarge(what: string): DrydockError {
  return new DrydockError('ARCHIVE_LIMIT', `an index of packages holds ${what}`);
}

function nameIn(stanza: Buffer): string | undefined {
  let start = 0;
  while (stanza[start] === NEWLINE) start++;
  let at = start;
  if (
    stanza.compare(
      NAME_FIELD,
      0,
      NAME_FIELD.length,
      start,
      Math.min(stanza.length, start + NAME_FIELD.length),
    ) !== 0
  ) {
    at = stanza.indexOf(NAME_LINE) + 1;
    if (at === 0) return undefined;
  }
  const end = stanza.indexOf(NEWLINE, at);
  return stanza.toString('latin1', at + NAME_FIELD.length, end < 0 ? stanza.length : end).trim();
}

/** Undefined where something is missing without which it cannot be fetched and checked. */
function toOffer(stanza: Stanza): OfferedPackage | undefined {
  const control = toControl(stanza);
  const field = (name: string): string => stanza.fields.get(name) ?? '';
  const filename = field('filename').replace(/^(\.\/)+/, '');
  const [size, sha256] = [field('size'), field('sha256').toLowerCase()];
  const phased = field('phased-update-percentage');
  if (!control || !isPlainPath(filename) || !/^\d{1,13}$/.test(size) || !/^[0-9a-f]{64}$/.test(sha256)) {
    return undefined;
  }
  return {
    ...control,
    filename,
    sizeBytes: Number(size),
    sha256,
    phasedPercentage: /^\d{1,3}$/.test(phased) ? Number(phased) : 100,
  };
}

/** Undefined for what has no name, version or architecture, or a field too long to be read in full. */
export function toControl({ fields, cutFields }: Stanza): ControlRecord | undefined {
  const field = (name: string): string => (fields.get(name) ?? '').replaceAll('\n', ' ');
  const [name, version, architecture] = [field('package'), field('version'), field('architecture')];
  if (!/^[A-Za-z0-9][A-Za-z0-9+._-]{0,255}$/.test(name) || !/^[a-z0-9-]{1,64}$/.test(architecture))
    return undefined;
  if (version === '' || version.length > 1_024 || /\s/.test(version) || cutFields.length > 0)
    return undefined;
  return {
    name,
    architecture,
    version,
    source: toSource(field('source'), name, version),
    multiArch: field('multi-arch'),
    preDepends: field('pre-depends'),
    depends: field('depends'),
    provides: field('provides'),
    breaks: field('breaks'),
    conflicts: field('conflicts'),
  };
}

/** `glibc (2.36-9)`; each part that is not given is the package's own. */
function toSource(field: string, name: string, version: string): { name: string; version: string } {
  const [source = '', given = ''] = field.split(/[()]/, 2).map((part) => part.trim());
  return { name: source || name, version: given || version };
}
