/** Scroll a cell of the grid into sight, clear of the sticky headings. */
import type { Column } from './model';
import type { RowLayout } from './rows';

/** Breadth of the row numbers. */
export const NUMBERS = 48;

export interface Spotlight {
  readonly row: number;
  readonly col: number;
  /** Height of the column headings. */
  readonly edge: number;
  readonly columns: readonly Column[];
  readonly layout: RowLayout;
}

export function reveal(box: HTMLElement, { row, col, edge, columns, layout }: Spotlight): void {
  if (row >= 0) {
    const [top, bottom] = [layout.top(row), layout.top(row + 1) + edge];
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  }
  if (col < 0) return;
  const start = columns.slice(0, col).reduce((total, { width }) => total + width, 0);
  const end = start + (columns[col]?.width ?? 0) + NUMBERS;
  const sign = getComputedStyle(box).direction === 'rtl' ? -1 : 1;
  const at = box.scrollLeft * sign;
  if (start < at) box.scrollLeft = start * sign;
  else if (end > at + box.clientWidth) box.scrollLeft = (end - box.clientWidth) * sign;
}
