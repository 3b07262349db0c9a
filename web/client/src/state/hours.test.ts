import { describe, expect, it } from 'vitest';
import { clock, minutes } from './hours';

describe('minutes of a day', () => {
  it.each([[0, '00:00'], [425, '07:05'], [1439, '23:59']] as const)('%d is %s', (minute, text) => {
    expect(clock(minute)).toBe(text);
    expect(minutes(text)).toBe(minute);
  });
  it.each(['', '24:00', '7:00', '12:60', 'noon'])('%j is none', (text) => {
    expect(minutes(text)).toBeNull();
  });
});
