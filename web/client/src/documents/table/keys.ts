/** What a key means in the grid while no cell is open. Pure; null: the browser's own meaning (Tab leaves the grid). */

export interface Key {
  readonly key: string;
  readonly shift: boolean;
  /** Ctrl, or Command on Apple keyboards. */
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export type Intent =
  | { readonly do: 'move'; readonly rows: number; readonly columns: number; readonly extend: boolean }
  | { readonly do: 'page'; readonly pages: number; readonly extend: boolean }
  | { readonly do: 'select'; readonly what: 'all' | 'row' | 'column' }
  | { readonly do: 'open' | 'type' | 'clear' | 'undo' | 'redo' | 'menu' | 'fillDown' };

/** Further than any table. */
const EDGE = 1e9;

export function intentOf({ key, shift, ctrl, alt }: Key): Intent | null {
  if (alt) return null;
  return moving(key, shift, ctrl) ?? (ctrl ? withControl(key, shift) : plain(key, shift));
}

function moving(key: string, extend: boolean, ctrl: boolean): Intent | null {
  const far = ctrl ? EDGE : 1;
  switch (key) {
    case 'ArrowUp':
      return { do: 'move', rows: -far, columns: 0, extend };
    case 'ArrowDown':
      return { do: 'move', rows: far, columns: 0, extend };
    case 'ArrowLeft':
      return { do: 'move', rows: 0, columns: -far, extend };
    case 'ArrowRight':
      return { do: 'move', rows: 0, columns: far, extend };
    case 'Home':
      return { do: 'move', rows: ctrl ? -EDGE : 0, columns: -EDGE, extend };
    case 'End':
      return { do: 'move', rows: ctrl ? EDGE : 0, columns: EDGE, extend };
    case 'PageUp':
      return { do: 'page', pages: -1, extend };
    case 'PageDown':
      return { do: 'page', pages: 1, extend };
    default:
      return null;
  }
}

function withControl(key: string, shift: boolean): Intent | null {
  switch (key.toLowerCase()) {
    case 'a':
      return { do: 'select', what: 'all' };
    case ' ':
      return { do: 'select', what: 'column' };
    case 'z':
      return { do: shift ? 'redo' : 'undo' };
    case 'd':
      return { do: 'fillDown' };
    case 'y':
      return { do: 'redo' };
    default:
      return null;
  }
}

function plain(key: string, shift: boolean): Intent | null {
  switch (key) {
    case 'Enter':
    case 'F2':
      return { do: 'open' };
    case 'Delete':
    case 'Backspace':
      return { do: 'clear' };
    case 'ContextMenu':
      return { do: 'menu' };
    case 'F10':
      return shift ? { do: 'menu' } : null;
    case ' ':
      return shift ? { do: 'select', what: 'row' } : { do: 'type' };
    default:
      // One letter, or the start of one (dead keys, input methods): the cell opens and the letter lands in it.
      return [...key].length === 1 || key === 'Dead' || key === 'Process' ? { do: 'type' } : null;
  }
}
