import { describe, expect, it } from 'vitest';
import { changesIn } from './saving.svelte';

describe('what a form sends', () => {
  it('is what was changed, an emptied field as null', () => {
    const before = { codec: 'av1' as string | null, days: null as number | null, zone: 'Europe/Berlin' };
    expect(changesIn(before, { ...before })).toEqual({});
    expect(changesIn(before, { ...before, codec: null })).toEqual({ codec: null });
    expect(changesIn(before, { codec: 'vp9', days: 7, zone: 'Europe/Paris' })).toEqual({ codec: 'vp9', days: 7, zone: 'Europe/Paris' });
  });
});
