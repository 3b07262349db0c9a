/** A build by hand writes a new page and leaves the compressed one of before, which the server would go on sending. */
import { rm } from 'node:fs/promises';
import type { Plugin } from 'vite';

export function fresh(page: URL): Plugin {
  return { name: 'fresh', apply: 'build', closeBundle: () => rm(new URL(`${page.href}.gz`), { force: true }) };
}
