/**
 * The accounts of a school, looked for on the server and read a page at a time.
 * Laws: the newest question wins, whatever answers come late; nobody is there twice, also when somebody came in between.
 */
import type { Account, AccountRole } from '../protocol/school';
import { Attempt } from './attempt.svelte';

export type Look = (text: string, role: AccountRole | '', skip: number, most: number) => Promise<{ accounts: Account[]; total: number }>;

export class Directory {
  /** Null until the first answer. */
  found = $state.raw<readonly Account[] | null>(null);
  total = $state(0);
  readonly asking = new Attempt();
  #turn = 0;
  #wanted: [string, AccountRole | ''] = ['', ''];

  constructor(
    private readonly look: Look,
    private readonly page: number,
  ) {}

  /** Look for these; as many as were shown stay shown when only what is known of them may have changed. */
  async ask(text: string, role: AccountRole | ''): Promise<void> {
    const same = this.#wanted[0] === text && this.#wanted[1] === role;
    this.#wanted = [text, role];
    await this.#read(0, same ? Math.min(500, Math.max(this.page, this.found?.length ?? 0)) : this.page, []);
  }

  async more(): Promise<void> {
    const before = this.found ?? [];
    await this.#read(before.length, this.page, before);
  }

  async #read(skip: number, most: number, before: readonly Account[]): Promise<void> {
    const turn = ++this.#turn;
    await this.asking.run(async () => {
      const { accounts, total } = await this.look(...this.#wanted, skip, most);
      if (turn !== this.#turn) return;
      this.found = [...new Map([...before, ...accounts].map((one) => [one.id, one])).values()];
      this.total = total;
    });
  }
}
