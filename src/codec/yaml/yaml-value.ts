/** What plain YAML holds. Scalars stay text: of `1.10` nothing is lost. */
export type YamlValue = string | YamlMap | YamlList;

export interface YamlMap {
  readonly kind: 'map';
  /** Of equal keys the last counts. */
  readonly entries: Map<string, YamlValue>;
  /** The line of the key or dash before it, from 1. */
  readonly startLine: number;
  /** The last line that says anything of it. */
  endLine: number;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: YamlValue[];
  readonly startLine: number;
  endLine: number;
}
