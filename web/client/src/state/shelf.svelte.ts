/** The documents that I could put on the Tafel. */
import { api, ApiError, type DocumentInfo } from '../protocol/http';

export class Shelf {
  documents = $state.raw<DocumentInfo[]>([]);
  failed = $state(false);

  async load(): Promise<void> {
    this.failed = false;
    try {
      this.documents = (await api.documents()).documents;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = true;
    }
  }

  titleOf(id: string): string | null {
    return this.documents.find((document) => document.id === id)?.title ?? null;
  }

  /** Those of the meeting first. */
  offered(first: readonly string[]): DocumentInfo[] {
    return [...this.documents].sort((a, b) => Number(first.includes(b.id)) - Number(first.includes(a.id)));
  }
}
