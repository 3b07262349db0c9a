/** The words of a consultation, which load with its first room. */
import { wordsIn } from '../../i18n/words';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

export const useWords = wordsIn<Strings>({ de, en });
