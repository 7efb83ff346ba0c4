import { apk, type ApkVersion } from '../../../versions/apk.ts';

/** One word of a dependency, a world file or what a package provides. */
export interface Relation {
  /** `musl`, `so:libz.so.1`, `cmd:sh`, `/bin/sh`. */
  readonly name: string;
  /** `!name`: what must not be there. */
  readonly isConflict: boolean;
  readonly bound?: Bound;
  /** `@tag`: of the repositories that bear it. */
  readonly tag?: string;
  /** As written. */
  readonly text: string;
}

export interface Bound {
  readonly less: boolean;
  readonly equal: boolean;
  readonly greater: boolean;
  /** Equal as far as the bound goes: `~1.2` holds for 1.2.7-r0. */
  readonly fuzzy: boolean;
  readonly version: ApkVersion;
}

const MAX_LENGTH = 4_096;

/** Undefined for what cannot be read: then it neither binds nor helps. @see apk-world(5) */
export function parseRelation(word: string): Relation | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const [, mark = '', name = '', rest = ''] = /^(!?)([^\s!<>=~@][^\s<>=~@]*)(.*)$/s.exec(word) ?? [];
  if (name === '') return undefined;
  const at = rest.lastIndexOf('@');
  const tag = at < 0 ? '' : rest.slice(at + 1);
  const [, signs = '', written = ''] = /^([<>=~]*)(.*)$/s.exec(at < 0 ? rest : rest.slice(0, at)) ?? [];
  const common = { name, isConflict: mark === '!', ...(tag !== '' && { tag }), text: word };
  if (signs === '') return written === '' ? common : undefined;
  const version = apk.parse(written);
  // `><` names an archive by its sum, which no planned package has.
  if (!version || signs === '><') return undefined;
  const fuzzy = signs.includes('~');
  return {
    ...common,
    bound: {
      less: signs.includes('<'),
      equal: signs.includes('=') || fuzzy,
      greater: signs.includes('>'),
      fuzzy,
      version,
    },
  };
}

export function parseRelations(words: readonly string[]): Relation[] {
  return words.flatMap((word) => parseRelation(word) ?? []);
}

/** Whether a version is one that is asked for; what has none satisfies no bound. */
export function holdsFor({ bound }: Pick<Relation, 'bound'>, version: ApkVersion | undefined): boolean {
  if (!bound) return true;
  if (!version) return false;
  if (bound.fuzzy && beginsWith(version, bound.version)) return bound.equal;
  const order = apk.compare(version, bound.version);
  return order < 0 ? bound.less : order > 0 ? bound.greater : bound.equal;
}

function beginsWith(version: ApkVersion, start: ApkVersion): boolean {
  return start.every((part, at) => version[at]?.rank === part.rank && version[at].text === part.text);
}
