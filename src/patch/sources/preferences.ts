import { readStanzas } from '../../ecosystems/deb/read-stanzas.ts';
import type { Note } from './apt-source.ts';

/** Which versions of which packages a wish speaks of. */
export type PinTarget =
  | { readonly kind: 'release'; readonly terms: ReadonlyMap<string, string> }
  | { readonly kind: 'origin'; readonly host: string }
  | { readonly kind: 'version'; readonly version: string };

/** One wish of the image's owner on where packages come from. */
export interface Pin {
  /** Patterns of names; `src:` before the name of a source. `*` alone stands for whole archives. */
  readonly packages: readonly string[];
  readonly target: PinTarget;
  readonly priority: number;
}

const FIELDS: ReadonlySet<string> = new Set(['package', 'pin', 'pin-priority']);
const MAX_PINS = 1_000;

/**
 * Pins, the first of which counts most.
 * @see apt_preferences(5)
 */
export function parsePreferences(text: string, origin: string, note: Note): Pin[] {
  const pins: Pin[] = [];
  const plain = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  for (const { fields } of readStanzas(Buffer.from(plain), FIELDS)) {
    const packages = (fields.get('package') ?? '').split(/\s+/).filter(Boolean);
    if (packages.length === 0) continue; // only an explanation
    const target = targetOf(fields.get('pin') ?? '');
    const priority = Number(fields.get('pin-priority'));
    const understood = packages.filter((name) => !name.includes('/') && !name.startsWith('?'));
    if (!target || !Number.isInteger(priority) || understood.length < packages.length) {
      note(`${origin}: a pin for ${packages.join(' ').slice(0, 100)} is not understood and is left out`);
    }
    if (!target || !Number.isInteger(priority) || understood.length === 0) continue;
    if (pins.length >= MAX_PINS) {
      note(`${origin}: only the first ${MAX_PINS} pins are read`);
      break;
    }
    pins.push({ packages: understood, target, priority });
  }
  return pins;
}

function targetOf(text: string): PinTarget | undefined {
  const space = text.search(/\s/);
  const [kind, rest] = space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space).trim()];
  if (kind === 'version' && rest !== '') return { kind, version: rest };
  if (kind === 'origin') return { kind, host: rest.replace(/^"(.*)"$/, '$1') };
  if (kind === 'release' && rest !== '') return { kind, terms: termsOf(rest) };
  return undefined;
}

/** `l=Debian, n=bookworm*`; a word alone is a version where it begins with a digit, else a suite. */
function termsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(',').map((part): [string, string] => {
      const term = part.trim();
      const equals = term.indexOf('=');
      if (equals > 0) return [term.slice(0, equals).trim(), term.slice(equals + 1).trim()];
      return [/^[0-9]/.test(term) ? 'v' : 'a', term];
    }),
  );
}
