/** The words of group rooms, which load with the first group. */
import { wordsIn } from '../../i18n/words';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

export const useWords = wordsIn<Strings>({ de, en });
