/** One person's own undo: it takes back what was done here, never what others did. */
import * as Y from 'yjs';
import { EDIT } from './schema';

const TOGETHER = 400;

export class OwnUndo {
  canUndo = $state(false);
  canRedo = $state(false);
  readonly manager: Y.UndoManager;

  /** `origins`: further origins of one's own changes (the text editor's). */
  constructor(roots: ConstructorParameters<typeof Y.UndoManager>[0], origins: readonly unknown[] = []) {
    this.manager = new Y.UndoManager(roots, { trackedOrigins: new Set<unknown>([EDIT, ...origins]), captureTimeout: TOGETHER });
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) this.manager.on(event, this.#read);
  }

  undo(): void {
    this.manager.undo();
  }

  redo(): void {
    this.manager.redo();
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
