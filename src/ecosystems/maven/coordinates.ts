/** What names a version of an artifact; a group is not known of every one. */
export interface Coordinates {
  readonly group?: string;
  readonly artifact: string;
  readonly version: string;
}

/** Longer than any that a repository takes; what is longer was made to be a nuisance. */
export const MAX_COORDINATE_CHARS = 512;

/** The name under which advisories know it. */
export function packageName({ group, artifact }: Coordinates): string {
  return group === undefined ? artifact : `${group}:${artifact}`;
}
