import { readStanzas } from '../../ecosystems/deb/read-stanzas.ts';
import { toSources, type AptSource, type Note, type SignedBy } from './apt-source.ts';
import { isYes, toSignedBy } from './one-line-sources.ts';

const FIELDS: ReadonlySet<string> = new Set([
  ...['types', 'uris', 'suites', 'components', 'architectures', 'architectures-remove'],
  ...['signed-by', 'enabled', 'trusted'],
]);

/**
 * Sources as paragraphs of fields.
 * @see sources.list(5), "DEB822-STYLE FORMAT"
 */
export function parseDeb822Sources(text: string, origin: string, note: Note): AptSource[] {
  const found: AptSource[] = [];
  for (const { fields } of readStanzas(Buffer.from(withoutComments(text)), FIELDS)) {
    const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || isNo(fields.get('enabled'))) continue;
    const signedBy = signedByOf(fields.get('signed-by'));
    const without = words('architectures-remove');
    const entry = {
      uris: words('uris'),
      suites: words('suites'),
      components: words('components'),
      ...(words('architectures').length > 0 && { architectures: words('architectures') }),
      ...(without.length > 0 && { withoutArchitectures: without }),
      ...(signedBy && { signedBy }),
      wantsTrust: isYes(fields.get('trusted') ?? ''),
      byOperator: false,
      origin,
    };
    if (entry.uris.length === 0 || entry.suites.length === 0) {
      note(`${origin}: an entry that names no archive and suite is left out`);
    }
    found.push(...toSources(entry, note));
  }
  return found;
}

/** Comments may stand within a field, too. */
function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

function isNo(text: string | undefined): boolean {
  return text !== undefined && ['no', 'false', 'without', 'off', 'disable', '0'].includes(text.toLowerCase());
}

function signedByOf(text: string | undefined): SignedBy | undefined {
  if (text === undefined) return undefined;
  if (!text.startsWith('-----BEGIN')) return toSignedBy(text.split(/[\s,]+/).filter(Boolean));
  // An empty line would end the paragraph, so that it is written as a dot.
  const lines = text.split('\n').map((line) => (line === '.' ? '' : line));
  return { kind: 'inline', key: `${lines.join('\n')}\n` };
}
