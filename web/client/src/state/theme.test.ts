import { describe, expect, it } from 'vitest';
import { followDevice } from './theme';

describe('the theme', () => {
  it('follows the device, also while the page is open', () => {
    let changed = (): void => undefined;
    const dark = { matches: false, addEventListener: (_: string, listener: () => void) => (changed = listener) };
    const root = { dataset: {} as Record<string, string> };
    followDevice(root as unknown as HTMLElement, dark as unknown as MediaQueryList);
    expect(root.dataset['theme']).toBeUndefined();
    dark.matches = true;
    changed();
    expect(root.dataset['theme']).toBe('dark');
    dark.matches = false;
    changed();
    expect(root.dataset['theme']).toBeUndefined();
  });
});
