/** Where something stands in a template, in UTF-16 units from its start. */
export type Offset = number;

export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** `.a.b` from what is looked at, `$.a.b` from the whole. */
  | {
      readonly kind: 'path';
      readonly from: 'here' | 'root';
      readonly names: readonly string[];
      readonly at: Offset;
    }
  /** Of the innermost loop. */
  | { readonly kind: 'loop'; readonly name: LoopName; readonly at: Offset };

export const LOOP_NAMES = ['index', 'number', 'first', 'last'] as const;
export type LoopName = (typeof LOOP_NAMES)[number];

export interface FilterCall {
  readonly name: string;
  readonly args: readonly Operand[];
  readonly at: Offset;
}

export interface Expression {
  readonly operand: Operand;
  readonly filters: readonly FilterCall[];
  readonly at: Offset;
}

export interface Branch {
  readonly condition: Expression;
  readonly body: readonly Node[];
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly expression: Expression }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly Node[] }
  | {
      readonly kind: 'range' | 'with';
      readonly expression: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** A template that has been read. */
export interface Template {
  readonly name: string;
  readonly text: string;
  readonly nodes: readonly Node[];
}
