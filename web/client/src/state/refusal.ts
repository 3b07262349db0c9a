/** What became of a request over the socket. Law: only a refusal is caught. */
import { RequestError, type RequestCode } from '../protocol/socket';

/** Refused for now: asked again a little later, it may well be done. Whoever is offline is told when they no longer are. */
const FOR_NOW: ReadonlySet<RequestCode> = new Set(['timeout', 'unavailable', 'overloaded', 'too_fast', 'internal']);

export function isForNow(code: RequestCode): boolean {
  return FOR_NOW.has(code);
}

/** The word with which it was refused; null: it was done. */
export async function refusalOf(request: Promise<unknown>): Promise<RequestCode | null> {
  try {
    await request;
    return null;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return error.code;
  }
}
