/** Accounts, classes and class lists, for head and administration. */
import { call, type Group, type Role } from './http';

export type AccountRole = Exclude<Role, 'guest'>;
export interface Account {
  id: string;
  login: string;
  role: AccountRole;
  name: string;
  full_name: string;
  disabled: boolean;
}
export interface RosterRow {
  full_name: string;
  role: AccountRole;
  login?: string;
  groups: string[];
  children: string[];
}
export interface RosterOutcome {
  login: string;
  /** Shown this once, for an account that was made now. */
  password: string | null;
  problem: string | null;
}

/** How much there is of a person, by what it is. */
export interface PersonData {
  login: string;
  full_name: string;
  amounts: { what: string; count: number }[];
}

/** Somebody who was here without an account; `name` is empty where none is known. */
export interface Guest {
  id: string;
  name: string;
  /** Titles of meetings, channels and documents. */
  places: string[];
  /** Milliseconds; 0: not known. */
  last: number;
}

/** A hundred first passwords take their time, and are said only once. */
const ROSTER_MS = 600_000;
/** The server goes through all documents of the person. */
const ERASURE_MS = 960_000;

const part = encodeURIComponent;

export const schoolApi = {
  /** A page of those found, by name, and how many there are in all. */
  accounts: (text: string, role: AccountRole | '', skip: number, most: number) =>
    call<{ accounts: Account[]; total: number }>('GET', `accounts?${new URLSearchParams({ text, ...(role === '' ? {} : { role }), skip: String(skip), most: String(most) }).toString()}`),
  changeAccount: (id: string, change: { disabled?: boolean; password?: string }) => call<Account>('PATCH', `accounts/${part(id)}`, change),
  guests: async (text: string) => (await call<{ guests: Guest[] }>('GET', `guests?text=${part(text)}`)).guests,
  data: (id: string) => call<PersonData>('GET', `accounts/${part(id)}/data`),
  exportUrl: (id: string) => `/api/v1/accounts/${part(id)}/data/export`,
  erase: (id: string, login: string) => call<object>('POST', `accounts/${part(id)}/data/erasure`, { login }, ERASURE_MS),
  classes: async () => (await call<{ classes: Group[] }>('GET', 'classes')).classes,
  take: async (rows: readonly RosterRow[]) => (await call<{ rows: RosterOutcome[] }>('POST', 'roster', { rows }, ROSTER_MS)).rows,
};
