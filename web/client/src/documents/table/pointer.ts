/**
 * Mouse, pen and finger on the grid: going to cells, selecting by dragging, opening by a second tap, and picking references
 * while a formula is typed. A finger that scrolls does nothing else.
 */
import { keepCell, openCell, type Desk } from './actions';

export interface Touching {
  readonly desk: () => Desk;
  readonly readOnly: () => boolean;
  /** The cursor went elsewhere. */
  readonly follow: () => void;
  /** Draw before going on: what opens has to be there for the next letter. */
  readonly now: (run: () => void) => void;
}

interface At {
  readonly row: number;
  readonly col: number;
  readonly cell: HTMLElement;
}

/** Row and column of the cell an event happened in; -1 is a heading. */
function place(event: Event): At | null {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null;
  return cell === null ? null : { row: Number(cell.dataset['row']), col: Number(cell.dataset['col']), cell };
}

const isCell = ({ row, col }: At): boolean => row >= 0 && col >= 0;
const isTyping = (event: Event): boolean => event.target instanceof HTMLInputElement;

export class Pointer {
  readonly #touching: Touching;
  #dragging = false;
  /** A reference is being picked with the pointer down. */
  #picking = false;
  /** A second tap on the same cell opens it; a first one, and any that scrolls, does not. */
  #touched: HTMLElement | null = null;

  constructor(touching: Touching) {
    this.#touching = touching;
  }

  get #desk(): Desk {
    return this.#touching.desk();
  }

  /** Where a formula takes a reference, a cell that is pressed is put in, and the focus stays. */
  #pick(event: Event, at: At, extend: boolean): boolean {
    const { draft } = this.#desk.view;
    if (draft?.canPick !== true) return false;
    event.preventDefault();
    draft.pick(at, extend);
    return true;
  }

  readonly mousedown = (event: MouseEvent): void => {
    if (this.#desk.view.draft?.canPick === true && place(event) !== null && !isTyping(event)) event.preventDefault();
  };

  readonly down = (event: PointerEvent): void => {
    const at = place(event);
    const { view } = this.#desk;
    if (at === null || event.button !== 0 || isTyping(event)) return;
    if (event.pointerType === 'touch' && view.draft?.canPick === true) return;
    if (this.#pick(event, at, event.shiftKey)) {
      this.#picking = true;
      return;
    }
    const again = view.at.row === at.row && view.at.col === at.col && view.draft === null && document.activeElement === at.cell;
    if (view.draft !== null && !keepCell(this.#desk)) return event.preventDefault();
    if (event.pointerType === 'touch') {
      if (again && isCell(at) && !this.#touching.readOnly()) this.#touched = at.cell;
      return;
    }
    event.preventDefault();
    view.goTo(at.row, at.col, event.shiftKey && isCell(at));
    this.#dragging = true;
    this.#touching.follow();
  };

  readonly click = (event: MouseEvent): void => {
    const at = place(event);
    if (at === null || !(event instanceof PointerEvent) || event.pointerType !== 'touch' || isTyping(event)) return;
    if (this.#pick(event, at, false) || this.#desk.view.draft !== null) return;
    if (this.#touched === at.cell) this.#open();
    else {
      this.#desk.view.goTo(at.row, at.col);
      this.#touching.follow();
    }
    this.#touched = null;
  };

  readonly move = (event: PointerEvent): void => {
    const at = this.#dragging || this.#picking ? place(event) : null;
    if (at === null) return;
    if (event.buttons === 0) return this.up();
    const { view } = this.#desk;
    if (this.#picking) this.#widen(at);
    else if (isCell(at) && view.cursor.row !== null && view.cursor.col !== null) view.goTo(at.row, at.col, true);
  };

  /** Cells go on as cells, headings as headings. */
  #widen(at: At): void {
    const draft = this.#desk.view.draft;
    const head = draft?.picked?.head;
    if (head === undefined || (head.row === at.row && head.col === at.col)) return;
    if (head.row < 0 === at.row < 0 && head.col < 0 === at.col < 0) draft?.pick(at, true);
  }

  readonly up = (): void => {
    this.#dragging = false;
    this.#picking = false;
  };

  readonly double = (event: MouseEvent): void => {
    const at = place(event);
    if (at !== null && isCell(at) && !this.#touching.readOnly() && this.#desk.view.draft === null) this.#open();
  };

  #open(): void {
    this.#touching.now(() => openCell(this.#desk));
  }
}
