/** The past of a document over REST; see web/PROTOCOL.md. */
import { call } from '../../protocol/http';

export interface Writer {
  readonly account: string;
  /** Empty for guests and for who was erased. */
  readonly name: string;
  readonly entries: number;
}
export interface Change {
  readonly first: number;
  readonly last: number;
  readonly began: number;
  readonly ended: number;
  readonly people: readonly Writer[];
}
export interface Version {
  readonly id: string;
  readonly seq: number;
  readonly kind: 'floor' | 'day' | 'named' | 'kept';
  readonly name: string;
  readonly by: string;
  readonly at: number;
}
export interface Past {
  readonly changes: readonly Change[];
  readonly versions: readonly Version[];
  readonly more: number | null;
}

/** The server works so long on an old state at most, and on all of them. */
const STATE_MS = 330_000;
const ERASURE_MS = 960_000;

const path = (document: string) => `documents/${encodeURIComponent(document)}`;

export const history = {
  past: (document: string, before: number | null) => call<Past>('GET', `${path(document)}/versions${before === null ? '' : `?before=${before}`}`),
  state: async (document: string, seq: number) => bytesOf((await call<{ state: string }>('GET', `${path(document)}/versions/${seq}`, undefined, STATE_MS)).state),
  name: (document: string, name: string, seq: number | null) => call<Version>('POST', `${path(document)}/versions`, seq === null ? { name } : { name, seq }, STATE_MS),
  unname: (document: string, version: string) => call<object>('DELETE', `${path(document)}/versions/${version}`),
  restore: (document: string, seq: number) => call<{ changed: boolean }>('POST', `${path(document)}/versions/${seq}/restore`, undefined, STATE_MS),
  erase: (document: string, account: string) => call<{ epoch: number }>('POST', `${path(document)}/erasure`, { account }, ERASURE_MS),
};

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
