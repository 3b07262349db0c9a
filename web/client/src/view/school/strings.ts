/** The words of the school's administration, which load with its page. */
import { wordsIn } from '../../i18n/words';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

export const useWords = wordsIn<Strings>({ de, en });
