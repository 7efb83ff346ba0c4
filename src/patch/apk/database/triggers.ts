import { isPattern, patternOf } from '../../plan/pattern.ts';

/** Which folders a package wants to be told of, by the identity of its archive. */
export interface Trigger {
  readonly identity: string;
  readonly globs: readonly string[];
}

const MAX_TRIGGERS = 10_000;
const MAX_GLOBS = 1_000;

/** Lines of `Q1SUM GLOB…`. */
export function parseTriggers(text: string): Trigger[] {
  return text.split('\n', MAX_TRIGGERS).flatMap((line) => {
    const [identity = '', ...globs] = line.split(' ', MAX_GLOBS).filter((word) => word !== '');
    return globs.length > 0 ? [{ identity, globs }] : [];
  });
}

export function writeTriggers(triggers: readonly Trigger[]): string {
  return triggers.map(({ identity, globs }) => `${[identity, ...globs].join(' ')}\n`).join('');
}

/** Those folders, without a leading slash, that are among those of a trigger; as in paths, a star is of one part. */
export function foldersTold({ globs }: Pick<Trigger, 'globs'>, folders: readonly string[]): string[] {
  const plain = new Set(globs.filter((glob) => !isPattern(glob)));
  const patterns = globs.filter(isPattern).map((glob) => glob.split('/').map(patternOf));
  return folders.filter((folder) => {
    const path = `/${folder}`;
    if (plain.has(path)) return true;
    if (patterns.length === 0) return false;
    const parts = path.split('/');
    return patterns.some(
      (wanted) => wanted.length === parts.length && wanted.every((fits, at) => fits(parts[at] ?? '')),
    );
  });
}
