import { describe, expect, it } from 'vitest';
import { emptyChat, reduceChat, unread, type ChatAction, type ChatModel } from './chat';
import { message } from './testing';

const after = (...actions: ChatAction[]): ChatModel => actions.reduce(reduceChat, emptyChat);
const texts = (model: ChatModel) => model.messages.map((one) => one.text);

describe('messages', () => {
  it('stand in the order of their numbers, each once, however they came', () => {
    const model = after({ type: 'message', message: message(3) }, { type: 'page', messages: [message(1), message(2), message(3)], head: 3, asked: 100, before: true }, { type: 'message', message: message(2) });
    expect(texts(model)).toEqual(['text 1', 'text 2', 'text 3']);
    expect(model.load).toBe('ready');
  });

  it('lose their text when deleted and keep their place', () => {
    const model = after({ type: 'message', message: message(1) }, { type: 'deleted', seq: 1 });
    expect(model.messages[0]).toMatchObject({ seq: 1, text: '', deleted: true });
  });

  it('say whether there are earlier ones', () => {
    const full = [message(5), message(6)];
    expect(after({ type: 'page', messages: full, head: 6, asked: 2, before: true }).earlier).toBe(true);
    expect(after({ type: 'page', messages: full, head: 6, asked: 3, before: true }).earlier).toBe(false);
    expect(after({ type: 'page', messages: full, head: 6, asked: 2, before: true }, { type: 'page', messages: [message(7)], head: 7, asked: 2, before: false }).earlier).toBe(true);
  });
});

describe('what I wrote', () => {
  it('is pending until the server says it, by its client id', () => {
    const writing = after({ type: 'writing', clientId: 'mine', text: 'hallo' });
    expect(writing.pending).toHaveLength(1);
    expect(reduceChat(writing, { type: 'message', message: message(1, { client_id: 'mine' }) }).pending).toEqual([]);
  });

  it('stays when it failed, and once when sent again', () => {
    const failed = after({ type: 'writing', clientId: 'mine', text: 'hallo' }, { type: 'failed', clientId: 'mine' });
    expect(failed.pending).toEqual([{ clientId: 'mine', text: 'hallo', failed: true }]);
    expect(reduceChat(failed, { type: 'writing', clientId: 'mine', text: 'hallo' }).pending).toEqual([{ clientId: 'mine', text: 'hallo', failed: false }]);
  });
});

describe('unread', () => {
  it('counts what came after the last look, without the deleted', () => {
    const looked = after({ type: 'message', message: message(1) }, { type: 'seen' });
    expect(unread(looked)).toBe(0);
    const more = [2, 3].map((seq) => ({ type: 'message' as const, message: message(seq) })).reduce<ChatModel>(reduceChat, looked);
    expect(unread(more)).toBe(2);
    expect(unread(reduceChat(more, { type: 'deleted', seq: 2 }))).toBe(1);
  });
});

describe('loading', () => {
  it('fails visibly only while there is nothing to show', () => {
    expect(after({ type: 'unavailable' }).load).toBe('failed');
    expect(after({ type: 'page', messages: [message(1)], head: 1, asked: 9, before: true }, { type: 'unavailable' }).load).toBe('ready');
  });
});
