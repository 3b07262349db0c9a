/** One cell that holds a formula: what it says, what it refers to, and the marks of those who compute it. */
import type { Rect } from './evaluate';
import type { Value } from './faults';
import { parse, type Node } from './parse';
import { STORED, type Ref } from './tokens';

export interface Formula {
  readonly row: string;
  readonly col: string;
  readonly text: string;
  r: number;
  c: number;
  node: Node | null;
  /** What it refers to, as pairs of ends, and where that stands now; null: nowhere any more. */
  refs: readonly { readonly from: Ref; readonly to: Ref }[];
  rects: readonly (Rect | null)[];
  /** It asks where it stands itself. */
  moves: boolean;
  /** undefined: not computed yet. */
  value: Value | undefined;
  dirty: boolean;
  /** Marks of one walk over the graph. */
  order: number;
  low: number;
  loop: boolean;
}

export function keyOf(row: string, col: string): string {
  return `${row} ${col}`;
}

export function made(row: string, col: string, text: string): Formula {
  return { row, col, text, r: -1, c: -1, node: null, refs: [], rects: [], moves: false, value: undefined, dirty: false, order: 0, low: 0, loop: false };
}

const BROKEN: Node = { k: 'fault', code: 'syntax' };

/** Parse it, and find what it refers to. */
export function understand(formula: Formula): void {
  const parsed = parse(formula.text, STORED);
  formula.node = parsed.ok ? parsed.node : BROKEN;
  const refs: { from: Ref; to: Ref }[] = [];
  const visit = (node: Node): void => {
    if (node.k === 'ref') refs.push({ from: node.ref, to: node.ref });
    else if (node.k === 'range') refs.push(node);
    else if (node.k === 'unary') visit(node.of);
    else if (node.k === 'binary') for (const side of [node.left, node.right]) visit(side);
    else if (node.k === 'call') {
      if (node.name === 'ROW' || node.name === 'COLUMN') formula.moves = true;
      node.args.forEach(visit);
    }
  };
  visit(formula.node);
  formula.refs = refs;
}
