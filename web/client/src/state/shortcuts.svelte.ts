/** Keys of the room: all with a modifier, so that reading software keeps its own; a switch turns them off on this device. */

export type ShortcutAction = 'microphone' | 'camera' | 'hand' | 'leave';
const STORED = 'kreide.shortcuts';

export const SHORTCUTS: readonly { action: ShortcutAction; code: string; keys: string }[] = [
  { action: 'microphone', code: 'KeyM', keys: 'Alt+Shift+M' },
  { action: 'camera', code: 'KeyK', keys: 'Alt+Shift+K' },
  { action: 'hand', code: 'KeyH', keys: 'Alt+Shift+H' },
  { action: 'leave', code: 'KeyL', keys: 'Alt+Shift+L' },
];

export class Shortcuts {
  on = $state(localStorage.getItem(STORED) !== 'off');

  switch(on: boolean): void {
    this.on = on;
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }

  match(event: KeyboardEvent): ShortcutAction | null {
    if (!this.on || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return null;
    return SHORTCUTS.find((shortcut) => shortcut.code === event.code)?.action ?? null;
  }
}

/** Focus a region, or its first control where the region itself takes none. */
export function enterRegion(region: HTMLElement): void {
  const target = region.hasAttribute('tabindex') ? region : region.querySelector<HTMLElement>('button:not(:disabled):not([tabindex="-1"]), a[href], input, select');
  target?.focus();
}

/** F6 goes to the next region, Shift+F6 back: elements marked data-region, in the order of the page. */
export function nextRegion(regions: readonly HTMLElement[], active: Element | null, back: boolean): HTMLElement | null {
  const shown = regions.filter((region) => region.offsetParent !== null || region.getClientRects().length > 0);
  const at = shown.findIndex((region) => region.contains(active));
  const step = back ? -1 : 1;
  const from = at === -1 && back ? 0 : at;
  return shown.at((from + step) % Math.max(1, shown.length)) ?? null;
}
