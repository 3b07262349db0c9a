import type { Address } from './i18n.svelte';

/** The German catalogue; its type is the shape of every other language. */
export const de = (address: Address) => {
  const du = address === 'du';
  return {
    app: 'Kreide',
    skip: 'Zum Inhalt',
    you: du ? 'Du' : 'Sie',
  };
};

export type Catalogue = ReturnType<typeof de>;
