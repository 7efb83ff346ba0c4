/** Why a patched image would not be sound. */
export interface Problem {
  readonly path: string;
  /** For people, with the path. */
  readonly text: string;
}
