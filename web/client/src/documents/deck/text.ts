/**
 * Text boxes as Yjs holds them: an XmlFragment of <paragraph> elements with one XmlText each. Reading is total: what is
 * neither is skipped, marks are dropped.
 */
import * as Y from 'yjs';

export function paragraphsOf(fragment: Y.XmlFragment | null): string[] {
  if (fragment === null) return [];
  const found: string[] = [];
  for (const child of fragment.toArray()) {
    if (child instanceof Y.XmlElement) found.push(child.toArray().map(plain).join(''));
    else if (child instanceof Y.XmlText) found.push(plain(child));
  }
  return found;
}

function plain(node: Y.XmlElement | Y.XmlText | Y.XmlHook): string {
  if (!(node instanceof Y.XmlText)) return '';
  const pieces = node.toDelta() as { insert?: unknown }[];
  return pieces.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('');
}

export function textOf(fragment: Y.XmlFragment | null): string {
  return paragraphsOf(fragment).join('\n');
}

/** Return a new fragment, not yet in a document. */
export function fragmentOf(lines: readonly string[]): Y.XmlFragment {
  const fragment = new Y.XmlFragment();
  fragment.insert(
    0,
    lines.map((line) => {
      const paragraph = new Y.XmlElement('paragraph');
      if (line !== '') paragraph.insert(0, [new Y.XmlText(line)]);
      return paragraph;
    }),
  );
  return fragment;
}
