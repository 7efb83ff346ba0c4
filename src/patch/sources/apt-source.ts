/** Which keys may sign a source, as the source itself says it. */
export type SignedBy =
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  /** Hexadecimal, upper case. `exact`: that very key, not another one of the same owner's. */
  | {
      readonly kind: 'fingerprints';
      readonly prints: readonly { readonly hex: string; readonly exact: boolean }[];
    }
  | { readonly kind: 'inline'; readonly key: string };

/** One suite of one archive. */
export interface AptSource {
  /** Ends with a slash. May hold a login. */
  readonly uri: string;
  /** `bookworm`, or a path with a slash at its end for archives without suites. */
  readonly suite: string;
  /** Empty for archives without suites. */
  readonly components: readonly string[];
  /** Absent for all that there are. */
  readonly architectures?: readonly string[];
  readonly withoutArchitectures?: readonly string[];
  readonly signedBy?: SignedBy;
  /** The source wants to be believed without a signature. */
  readonly wantsTrust: boolean;
  /** Given by the operator, who may name files and hosts of the own network; an image may not. */
  readonly byOperator: boolean;
  /** Where it is written: a path of the image, or a word for what the operator gave. */
  readonly origin: string;
}

/** Something that was left out, for people. */
export type Note = (text: string) => void;

const MAX_SUITES_PER_ENTRY = 256;

/** What an entry says of sources: each of its URIs with each of its suites. */
export interface SourceEntry extends Omit<AptSource, 'uri' | 'suite'> {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
}

/** The single sources of an entry; those that are unusable are left out and said. */
export function toSources({ uris, suites, ...rest }: SourceEntry, note: Note): AptSource[] {
  if (uris.length * suites.length > MAX_SUITES_PER_ENTRY) {
    note(`${rest.origin}: an entry names more than ${MAX_SUITES_PER_ENTRY} archives and is left out`);
    return [];
  }
  return uris.flatMap((uri) =>
    suites.flatMap((suite) => {
      const problem = problemOf(uri, suite, rest.components);
      if (problem === undefined) return [{ ...rest, uri: uri.endsWith('/') ? uri : `${uri}/`, suite }];
      note(`${rest.origin}: ${problem}`);
      return [];
    }),
  );
}

function problemOf(uri: string, suite: string, components: readonly string[]): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]{0,31}):/.exec(uri)?.[1];
  if (scheme === undefined || !URL.canParse(uri)) return 'a source has an address that is no URL';
  if (!['http', 'https', 'file'].includes(scheme)) return `sources with ${scheme}: are not supported`;
  if (![suite, ...components].every(isPlainPath)) return 'a source has an odd suite or component';
  const isFlat = suite.endsWith('/');
  if (isFlat === components.length > 0) {
    return isFlat ? 'a source has components where it has a path' : `the suite ${suite} has no components`;
  }
  return undefined;
}

/** Relative, without dots for parents, and nothing that has a meaning in a URL. */
export function isPlainPath(path: string): boolean {
  if (path.length > 1_024 || !/^[A-Za-z0-9._~+:@/-]+$/.test(path) || path.startsWith('/')) return false;
  return !path.split('/').includes('..');
}
