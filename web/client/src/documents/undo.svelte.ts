/** One person's own undo: it takes back what was done here, never what others did; not what was done before this visit. */
import * as Y from 'yjs';
import { Others, type Beyond } from './others';
import { EDIT } from './schema';

const TOGETHER = 400;

export class OwnUndo {
  canUndo = $state(false);
  canRedo = $state(false);
  readonly manager: Y.UndoManager;
  readonly #others: Others;

  /** `origins`: further origins of one's own changes (the text editor's). `beyond`: see others.ts. */
  constructor(roots: ConstructorParameters<typeof Y.UndoManager>[0], origins: readonly unknown[] = [], beyond: Beyond = () => []) {
    this.manager = new Y.UndoManager(roots, {
      trackedOrigins: new Set<unknown>([EDIT, ...origins]),
      captureTimeout: TOGETHER,
      deleteFilter: (item) => this.#others.mayGo(item),
    });
    this.#others = new Others(this.manager.doc, beyond);
    this.manager.on('stack-item-popped', ({ stackItem }) => this.#others.brought(stackItem));
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) this.manager.on(event, this.#read);
  }

  undo(): void {
    this.manager.undo();
    this.#read(); // a step of which nothing could be taken back is gone without a word
  }

  redo(): void {
    this.manager.redo();
    this.#read();
  }

  /** What follows is a step of its own. */
  part(): void {
    this.manager.stopCapturing();
  }

  close(): void {
    this.manager.destroy();
  }

  readonly #read = (): void => {
    this.canUndo = this.manager.undoStack.length > 0;
    this.canRedo = this.manager.redoStack.length > 0;
  };
}
