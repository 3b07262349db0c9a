import { describe, expect, it } from 'vitest';
import type { Account } from '../protocol/school';
import { Directory } from './directory.svelte';

const account = (number: number): Account => ({ id: `k${number}`, login: `kind${number}`, role: 'pupil', name: '', full_name: `Kind ${number}`, disabled: false });
const school = Array.from({ length: 120 }, (_, number) => account(number));

describe('the directory', () => {
  it('reaches everybody, page by page, and nobody twice', async () => {
    let all = school;
    const directory = new Directory(async (_text, _role, skip, most) => ({ accounts: all.slice(skip, skip + most), total: all.length }), 50);
    await directory.ask('', '');
    expect(directory.found?.length).toBe(50);
    all = [account(999), ...school]; // somebody comes in before those who are shown
    await directory.more();
    await directory.more();
    expect(new Set(directory.found?.map((one) => one.id)).size).toBe(directory.found?.length);
    expect(directory.total).toBe(121);
    expect(directory.found?.at(-1)?.id).toBe('k119');
    await directory.ask('', '');
    expect(directory.found?.length).toBe(120);
  });

  it('shows what was asked last, however late the first answer is', async () => {
    const answers = new Map<string, (found: { accounts: Account[]; total: number }) => void>();
    const directory = new Directory((text) => new Promise((resolve) => answers.set(text, resolve)), 50);
    const [first, second] = [directory.ask('a', ''), directory.ask('ab', '')];
    answers.get('ab')?.({ accounts: [account(2)], total: 1 });
    answers.get('a')?.({ accounts: school, total: 120 });
    await Promise.all([first, second]);
    expect([directory.found?.map((one) => one.id), directory.total]).toEqual([['k2'], 1]);
  });
});
