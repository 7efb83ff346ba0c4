import type { ArchiveFact } from './archive-packages.ts';
import { baseName, isArchiveName } from './file-name.ts';
import { parseManifest } from './manifest.ts';
import { parsePomProperties } from './pom-properties.ts';

/** Which archive is read: one inside another one's goes on behind the outer one's path. */
export interface ArchivePlace {
  readonly path: string;
  /** 0 for a file of the tree. */
  readonly depth: number;
}

/** Why an entry of an archive is read. */
export type Interest = 'pom.properties' | 'manifest' | 'archive';

/** Those of signed archives have a line for each class. */
export const MAX_TEXT_BYTES: Readonly<Record<Exclude<Interest, 'archive'>, number>> = {
  'pom.properties': 64 << 10,
  manifest: 16 << 20,
};

const MAX_NAME_CHARS = 1_024;
const MAIN_MANIFEST = 'meta-inf/manifest.mf';

export function interestIn(name: string): Interest | undefined {
  if (name.length > MAX_NAME_CHARS) return undefined;
  const base = baseName(name);
  if (base === 'pom.properties') return 'pom.properties';
  if (base.toUpperCase() === 'MANIFEST.MF') return 'manifest';
  return isArchiveName(base) ? 'archive' : undefined;
}

export function parseText(
  interest: Exclude<Interest, 'archive'>,
  name: string,
  content: Uint8Array,
): ArchiveFact[] {
  if (interest === 'manifest') {
    const isMain = name.toLowerCase() === MAIN_MANIFEST;
    return [{ kind: 'manifest', fields: parseManifest(content), isMain }];
  }
  const coordinates = parsePomProperties(content);
  return coordinates ? [{ kind: 'pom.properties', coordinates }] : [];
}

/** Names in archives may be anything; a path never leads out of the archive. */
export function placeInside({ path, depth }: ArchivePlace, name: string): ArchivePlace {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return { path: [path, ...parts].join('/'), depth: depth + 1 };
}
