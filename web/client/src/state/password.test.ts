import { expect, it } from 'vitest';
import { firstPassword } from './password';

it('makes passwords that can be read aloud, no two the same', () => {
  const made = Array.from({ length: 500 }, () => firstPassword());
  for (const password of made) expect(password).toMatch(/^[a-z]{4}-[a-z]{4}-[a-z]{2}[2-9]{2}$/);
  expect(new Set(made).size).toBe(500);
  expect(firstPassword(() => 0)).toBe('baba-baba-ba22');
});
