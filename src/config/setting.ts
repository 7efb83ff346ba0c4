/** Which commands take a setting as a flag. */
export type Group =
  | ('general' | 'force' | 'scan' | 'report' | 'database' | 'registry')
  | (
      'server' | 'work' | 'store' | 'queue' | 'refresh' | 'client' | 'token' | 'patch' | 'scanner' | 'compare'
    );

interface Common {
  readonly group: Group;
  readonly description: string;
  /** Without dashes; derived from the name where absent. `false`: not on the command line. */
  readonly flag?: string | false;
  readonly short?: string;
  /** `false`: not in the environment. */
  readonly env?: false;
  /** `false`: not in the file. */
  readonly file?: false;
  /** Never printed. */
  readonly secret?: true;
  readonly placeholder?: string;
}

/**
 * `duration` is in seconds once parsed; `texts` and `choices` are lists, with commas or by repeating the flag;
 * `registries` is a mapping by host that only the file can hold.
 */
export type Setting = Common &
  (
    | { readonly kind: 'switch'; readonly default: boolean }
    | { readonly kind: 'text' | 'path'; readonly default?: string }
    | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
    /** At most what a timer can wait for, unless it is only compared with the clock. */
    | { readonly kind: 'duration'; readonly default: number; readonly isAge?: boolean }
    | { readonly kind: 'choice'; readonly default: string; readonly values: readonly string[] }
    | { readonly kind: 'choices'; readonly default: readonly string[]; readonly values: readonly string[] }
    | { readonly kind: 'texts'; readonly default: readonly string[]; readonly suggested?: readonly string[] }
    | { readonly kind: 'registries' }
  );
