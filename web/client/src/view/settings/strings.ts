/** The words of the settings, which load with their page. */
import { wordsIn } from '../../i18n/words';
import { de, type Strings } from './strings.de';
import { en } from './strings.en';

export const useWords = wordsIn<Strings>({ de, en });
