/** Documents as files of other programs, over REST; see web/PROTOCOL.md. */
import { ApiError, arrived, type DocumentInfo } from '../../protocol/http';
import type { FormulaValue } from '../table/formula/values';

export type FileFormat = 'xlsx' | 'ods' | 'csv' | 'pptx' | 'odp' | 'pdf';

export const FORMATS: Readonly<Record<'deck' | 'table', readonly FileFormat[]>> = {
  deck: ['pptx', 'odp', 'pdf'],
  table: ['xlsx', 'ods', 'csv', 'pdf'],
};

/** What a table is read from, for the file chooser of the browser. */
export const READABLE = '.xlsx,.xlsm,.ods,.csv,.tsv,.txt';

/** The server takes no larger file. */
export const MOST_BYTES = 8 * 1024 * 1024;

/** A large document takes its time, and stands in line; a connection that is dead does not. */
const DEADLINE_MS = 300_000;

export interface Imported {
  readonly document: DocumentInfo;
  /** Formulas that came as their value. */
  readonly formulas: number;
  /** Further sheets that did not come. */
  readonly sheets: number;
}

/** `values`: what the formulas of a table give; the server does not compute. */
export async function fetchFile(document: string, format: FileFormat, language: string, values: readonly FormulaValue[]): Promise<{ name: string; data: Blob }> {
  const sent: RequestInit = values.length === 0 ? {} : { method: 'POST', body: JSON.stringify(values), headers: { 'content-type': 'application/json' } };
  const response = await send(`${encodeURIComponent(document)}/export?${new URLSearchParams({ format, language }).toString()}`, sent);
  return { name: nameIn(response.headers.get('content-disposition') ?? '') ?? `Kreide.${format}`, data: await arrived(response.blob()) };
}

export async function sendFile(file: Blob, title: string, language: string): Promise<Imported> {
  const query = new URLSearchParams({ title, language }).toString();
  const response = await send(`import?${query}`, { method: 'POST', body: file, headers: { 'content-type': 'application/octet-stream' } });
  return (await arrived(response.json())) as Imported;
}

async function send(path: string, options: RequestInit): Promise<Response> {
  const response = await arrived(fetch(`/api/v1/documents/${path}`, { credentials: 'same-origin', signal: AbortSignal.timeout(DEADLINE_MS), ...options }));
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  throw new ApiError(problem.code ?? `http_${response.status}`, response.status, problem.detail ?? response.statusText);
}

/** The UTF-8 name of an RFC 6266 header. */
export function nameIn(header: string): string | null {
  const encoded = /filename\*=UTF-8''([^;\s]+)/i.exec(header)?.[1];
  try {
    return encoded === undefined ? null : decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/** What a document made of this file is called: its name without the ending. */
export function titleOf(name: string): string {
  return name.replace(/\.[A-Za-z]{2,4}$/, '').replaceAll('_', ' ').trim().slice(0, 120);
}
