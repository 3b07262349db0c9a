/** What the server says about a document before it is opened: GET /api/v1/documents/{id}. */

export type Kind = 'deck' | 'table' | 'scratch';

export interface DocumentInfo {
  readonly kind: Kind;
  readonly title: string;
  readonly right: 'read' | 'write';
  readonly epoch: number;
  /** Whose it is; null: nobody's. */
  readonly owner: string | null;
}

/** A server that is silent is asked again. */
const PATIENCE = 10_000;

export type InfoAnswer = { readonly info: DocumentInfo } | { readonly refused: 'login' | 'gone' } | { readonly failed: true };

export async function fetchInfo(document: string): Promise<InfoAnswer> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/documents/${encodeURIComponent(document)}`, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    return { failed: true };
  }
  if (response.status === 401) return { refused: 'login' };
  if (response.status === 403 || response.status === 404) return { refused: 'gone' };
  if (!response.ok) return { failed: true };
  const info = parseInfo(await response.json().catch(() => null));
  return info === null ? { failed: true } : { info };
}

export function parseInfo(body: unknown): DocumentInfo | null {
  if (typeof body !== 'object' || body === null) return null;
  const { kind, title, right, epoch, owner } = body as Record<string, unknown>;
  if (kind !== 'deck' && kind !== 'table' && kind !== 'scratch') return null;
  if (typeof title !== 'string' || typeof epoch !== 'number') return null;
  return { kind, title, right: right === 'write' ? 'write' : 'read', epoch, owner: typeof owner === 'string' ? owner : null };
}
