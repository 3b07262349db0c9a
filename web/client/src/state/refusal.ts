/** What became of a request over the socket. Law: only a refusal is caught. */
import { RequestError, type RequestCode } from '../protocol/socket';

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
