import { toSources, type AptSource, type Note, type SignedBy } from './apt-source.ts';

/**
 * Sources in the one-line form: `deb [arch=amd64 signed-by=/path] uri suite component…`.
 * @see sources.list(5)
 */
export function parseOneLineSources(text: string, origin: string, note: Note): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const words = wordsOf(withoutComment(line));
    if (words[0] !== 'deb') return []; // source code is not looked at
    const options = optionsOf(words.slice(1));
    const [uri, suite, ...components] = words.slice(1 + options.length);
    if (uri === undefined || suite === undefined) {
      note(`${origin}: a line that names no archive and suite is left out`);
      return [];
    }
    return toSources(
      { uris: [uri], suites: [suite], components, byOperator: false, origin, ...meaningOf(options) },
      note,
    );
  });
}

function withoutComment(line: string): string {
  const hash = line.indexOf('#');
  return hash < 0 ? line : line.slice(0, hash);
}

/** Split at blanks, brackets on their own, so that `[arch=amd64]` reads as `[ arch=amd64 ]`. */
function wordsOf(line: string): string[] {
  const spaced = /^\s*deb\s+\[/.test(line) ? line.replace('[', ' [ ').replace(']', ' ] ') : line;
  return spaced.split(/\s+/).filter(Boolean);
}

/** The words from the opening to the closing bracket, both included. */
function optionsOf(words: readonly string[]): readonly string[] {
  return words[0] === '[' ? words.slice(0, words.indexOf(']') + 1) : [];
}

type Meaning = Pick<AptSource, 'architectures' | 'withoutArchitectures' | 'signedBy' | 'wantsTrust'>;

function meaningOf(options: readonly string[]): Meaning {
  const meaning: { -readonly [K in keyof Meaning]: Meaning[K] } = { wantsTrust: false };
  for (const option of options) {
    const equals = option.indexOf('=');
    const [name, value] = [option.slice(0, equals), option.slice(equals + 1)];
    if (name === 'arch') meaning.architectures = value.split(',').filter(Boolean);
    else if (name === 'arch-') meaning.withoutArchitectures = value.split(',').filter(Boolean);
    else if (name === 'trusted') meaning.wantsTrust = isYes(value);
    else if (name === 'signed-by') {
      const signedBy = toSignedBy(value.split(',').filter(Boolean));
      if (signedBy) meaning.signedBy = signedBy;
    }
  }
  return meaning;
}

export function isYes(text: string): boolean {
  return ['yes', 'true', 'with', 'on', 'enable', '1'].includes(text.trim().toLowerCase());
}

/** Paths of keyrings, or fingerprints; what is neither names no key, so that nothing can be signed by it. */
export function toSignedBy(words: readonly string[]): SignedBy | undefined {
  if (words.length === 0) return undefined;
  const paths = words.filter((word) => word.startsWith('/'));
  if (paths.length > 0) return { kind: 'files', paths: paths.map((path) => path.replace(/^\/+/, '')) };
  const prints = words.map((word) => ({
    hex: word.replace(/!$/, '').toUpperCase(),
    exact: word.endsWith('!'),
  }));
  return { kind: 'fingerprints', prints };
}
