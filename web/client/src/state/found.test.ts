import { describe, expect, it } from 'vitest';
import type { DocumentInfo } from '../protocol/http';
import { FoundDocuments, type DocumentPage } from './found.svelte';

const document = (id: string): DocumentInfo => ({ id, kind: 'deck', title: id, owner: null, right: 'write' });
const page = (next: number | null, ...ids: string[]): DocumentPage => ({ documents: ids.map(document), next });
const ids = (found: FoundDocuments) => found.page.documents.map((one) => one.id);

describe('my documents', () => {
  it('go on where the start page ended, and none is there twice', async () => {
    const asked: [string, number][] = [];
    const found = new FoundDocuments((text, skip) => (asked.push([text, skip]), Promise.resolve(page(null, 'b', 'c'))), () => page(2, 'a', 'b'));
    expect(ids(found)).toEqual(['a', 'b']);
    await found.more();
    expect(ids(found)).toEqual(['a', 'b', 'c']);
    await found.more();
    expect(asked).toEqual([['', 2]]);
  });

  it('show the answer to the newest question, and the first page when nothing is asked', async () => {
    const answers: ((found: DocumentPage) => void)[] = [];
    const found = new FoundDocuments(() => new Promise((resolve) => answers.push(resolve)), () => page(null, 'a'));
    const [early, late] = [found.ask('x'), found.ask('xy')];
    answers[1]?.(page(null, 'new'));
    answers[0]?.(page(null, 'old'));
    await Promise.all([early, late]);
    expect(ids(found)).toEqual(['new']);
    await found.ask(' ');
    expect(ids(found)).toEqual(['a']);
  });
});
