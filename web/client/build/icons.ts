import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Turns `import mic from 'lucide-static/icons/mic.svg?icon'` into the inner markup of the drawing, without wrapper and comment. */
export function icons(): Plugin {
  return {
    name: 'kreide-icons',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.svg?icon')) return null;
      const source = await readFile(id.slice(0, -'?icon'.length), 'utf8');
      const inner = source.replace(/<!--.*?-->/gs, '').replace(/^.*?<svg[^>]*>/s, '').replace(/<\/svg>\s*$/, '');
      return `export default ${JSON.stringify(inner.replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>'))};`;
    },
  };
}
