import type { Catalogue } from './de';

export const en = (): Catalogue => ({
  app: 'Kreide',
  skip: 'Skip to content',
  you: 'You',
});
