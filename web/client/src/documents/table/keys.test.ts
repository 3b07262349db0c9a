import { describe, expect, it } from 'vitest';
import { intentOf, type Intent, type Key } from './keys';

const press = (key: string, held: Partial<Omit<Key, 'key'>> = {}) => intentOf({ key, shift: false, ctrl: false, alt: false, ...held });

describe('keys of the grid', () => {
  it.each<[string, Intent | null]>([
    ['ArrowDown', { do: 'move', rows: 1, columns: 0, extend: false }],
    ['Home', { do: 'move', rows: 0, columns: -1e9, extend: false }],
    ['Enter', { do: 'open' }],
    ['F2', { do: 'open' }],
    ['Delete', { do: 'clear' }],
    ['a', { do: 'type' }],
    ['ß', { do: 'type' }],
    ['7', { do: 'type' }],
    ['Dead', { do: 'type' }],
    ['Tab', null],
    ['Escape', null],
    ['F5', null],
    ['Shift', null],
  ])('%s', (key, intent) => {
    expect(press(key)).toEqual(intent);
  });

  it('leaves copy, paste and the browser alone', () => {
    for (const key of ['c', 'v', 'x', 'r', 't', 'l']) expect(press(key, { ctrl: true })).toBeNull();
    expect(press('ArrowLeft', { alt: true })).toBeNull();
  });

  it('extends with Shift and goes far with Ctrl', () => {
    expect(press('ArrowUp', { shift: true })).toMatchObject({ do: 'move', rows: -1, extend: true });
    expect(press('End', { ctrl: true })).toMatchObject({ rows: 1e9, columns: 1e9 });
    expect(press('d', { ctrl: true })).toEqual({ do: 'fillDown' });
    expect(press('z', { ctrl: true })).toEqual({ do: 'undo' });
    expect(press('Z', { ctrl: true, shift: true })).toEqual({ do: 'redo' });
  });
});
