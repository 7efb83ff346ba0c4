import { between, ordered, parseAlternatives, type Predicate, type Term } from './constraints.ts';
import { compareDotted, digitsOf, isDigits, parseDotted, raised, type DottedVersion } from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/** `1`, `1.x` and `1.2.*` name all versions that begin so. */
interface Partial {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
}

/**
 * Semantic Versioning with npm's ranges. Pre-releases lie in a range like any other version, as advisories mean them.
 *
 * @see https://github.com/npm/node-semver#ranges
 */
export const npm: VersionScheme<DottedVersion> = {
  id: 'npm',
  parse: (text) => {
    const version = parseDotted(text.replace(/^[=\s]+/, ''));
    return version && version.numbers.length <= 4 ? version : undefined;
  },
  compare: compareDotted,
  parseConstraint: (text) => parseAlternatives(text, readTerms),
};

function readTerms(terms: readonly Term[]): readonly Predicate<DottedVersion>[] | undefined {
  const predicates: Predicate<DottedVersion>[] = [];
  for (let i = 0; i < terms.length; i++) {
    const [term, dash, end] = [terms[i], terms[i + 1], terms[i + 2]];
    const isHyphen = dash?.version === '-' && dash.operator === '' && end !== undefined;
    const predicate = isHyphen && term ? hyphen(term, end) : term && read(term);
    if (!predicate) return undefined;
    predicates.push(predicate);
    if (isHyphen) i += 2;
  }
  return predicates;
}

function parsePartial(text: string): Partial | undefined {
  const [main = '', ...rest] = text.replace(/^[vV=]+/, '').split(/[-+]/, 2);
  const parts = main.split('.', 4);
  const at = parts.findIndex((part) => /^[xX*]?$/.test(part));
  const numbers = at < 0 ? parts : parts.slice(0, at);
  if (numbers.length < 3 && (rest.length === 0 || at >= 0) && numbers.every(isDigits))
    return { numbers: numbers.map(digitsOf), prerelease: [] };
  if (numbers.length < 2 || at >= 0) return undefined;
  // What npm itself refuses (`1.6.0.2`, `3.0.RC3`) stands in advisories all the same; `1.4.0-*` is any pre-release.
  const version = parseDotted(text.endsWith('-*') ? `${text.slice(0, -1)}0` : text);
  return version && { ...version, numbers: padded(version.numbers) };
}

/** The least version that begins so, its pre-releases included where it is not written out. */
function first({ numbers, prerelease }: Partial): DottedVersion {
  const isWhole = numbers.length >= 3;
  return { numbers: padded(numbers), prerelease: isWhole ? prerelease : ['0'] };
}

function padded(numbers: readonly string[]): string[] {
  return [numbers[0] ?? '0', numbers[1] ?? '0', numbers[2] ?? '0', ...numbers.slice(3)];
}

/** The first version that no longer begins so, its pre-releases left out. */
function after(partial: Partial, place: number): DottedVersion {
  const next = raised({ ...partial, numbers: padded(partial.numbers) }, place);
  return { numbers: padded(next.numbers), prerelease: ['0'] };
}

const anything: Predicate<DottedVersion> = () => true;
const nothing: Predicate<DottedVersion> = () => false;

function read({ operator, version: text }: Term): Predicate<DottedVersion> | undefined {
  const partial = parsePartial(text);
  if (!partial) return undefined;
  const count = partial.numbers.length;
  if (count === 0) return operator === '<' || operator === '>' ? nothing : anything;
  const last = count - 1;
  switch (operator) {
    case '^': {
      const place = partial.numbers.findIndex((number) => number !== '0');
      return between(first(partial), after(partial, place < 0 ? last : place), compareDotted);
    }
    case '~':
    case '~>':
      return between(first(partial), after(partial, Math.min(1, last)), compareDotted);
    case '>':
      return count >= 3
        ? ordered('>', first(partial), compareDotted)
        : ordered('>=', after(partial, last), compareDotted);
    case '<=':
    case '=<':
      return count >= 3
        ? ordered('<=', first(partial), compareDotted)
        : ordered('<', after(partial, last), compareDotted);
    case '':
    case '=':
    case '==':
      if (count < 3) return between(first(partial), after(partial, last), compareDotted);
  }
  return ordered(operator, first(partial), compareDotted);
}

function hyphen(from: Term, to: Term): Predicate<DottedVersion> | undefined {
  const low = read({ operator: '>=', version: from.version });
  const high = read({ operator: '<=', version: to.version });
  return low && high && ((version) => low(version) && high(version));
}
