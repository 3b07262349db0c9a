/** The words around files, apart from those of the editors: the start page needs only these. */
import { wordsIn } from '../../i18n/words';
import { ApiError } from '../../protocol/http';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

export const useFileWords = wordsIn<Strings>({ de, en });

/** What to tell a person of something that went wrong. */
export function explain(error: unknown, words: Strings): string {
  if (!(error instanceof ApiError)) throw error;
  return words.errors[error.code as keyof Strings['errors']] ?? words.errors.failed;
}
