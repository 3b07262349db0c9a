import { describe, expect, it } from 'vitest';
import type { ChatHeld } from '../protocol/messages';
import { emptyChat, mentioned, nameable, reduceChat, suggestions, unread, type ChatAction, type ChatModel } from './chat';
import { message } from './testing';

const DRAFT = { text: 'hallo', replyTo: null, mentions: [], attachments: [] };
const after = (...actions: ChatAction[]): ChatModel => actions.reduce(reduceChat, emptyChat);
const texts = (model: ChatModel) => model.messages.map((one) => one.text);

describe('messages', () => {
  it('stand in the order of their numbers, each once, however they came', () => {
    const model = after({ type: 'message', message: message(3) }, { type: 'page', messages: [message(1), message(2), message(3)], head: 3, changed: 0, asked: 100, before: true }, { type: 'message', message: message(2) });
    expect(texts(model)).toEqual(['text 1', 'text 2', 'text 3']);
    expect(model.load).toBe('ready');
  });

  it('lose their text when deleted and keep their place', () => {
    const model = after({ type: 'message', message: message(1) }, { type: 'deleted', seq: 1, change: 1 });
    expect(model.messages[0]).toMatchObject({ seq: 1, text: '', deleted: true });
  });

  it('say whether there are earlier ones', () => {
    const full = [message(5), message(6)];
    expect(after({ type: 'page', messages: full, head: 6, changed: 0, asked: 2, before: true }).earlier).toBe(true);
    expect(after({ type: 'page', messages: full, head: 6, changed: 0, asked: 3, before: true }).earlier).toBe(false);
    expect(after({ type: 'page', messages: full, head: 6, changed: 0, asked: 2, before: true }, { type: 'page', messages: [message(7)], head: 7, changed: 0, asked: 2, before: false }).earlier).toBe(true);
  });
});

describe('what I wrote', () => {
  it('is pending until the server says it, by its client id', () => {
    const writing = after({ type: 'writing', clientId: 'mine', draft: DRAFT });
    expect(writing.pending).toHaveLength(1);
    expect(reduceChat(writing, { type: 'message', message: message(1, { client_id: 'mine' }) }).pending).toEqual([]);
  });

  it('stays when it failed, and once when sent again', () => {
    const failed = after({ type: 'writing', clientId: 'mine', draft: DRAFT }, { type: 'failed', clientId: 'mine' });
    expect(failed.pending).toEqual([{ clientId: 'mine', ...DRAFT, failed: true }]);
    expect(reduceChat(failed, { type: 'writing', clientId: 'mine', draft: DRAFT }).pending).toEqual([{ clientId: 'mine', ...DRAFT, failed: false }]);
  });
});

describe('unread', () => {
  it('counts what others wrote after the last look, without the deleted', () => {
    const looked = after({ type: 'message', message: message(1) }, { type: 'seen' });
    expect(unread(looked, 'me')).toBe(0);
    const mine = message(4, { author: { id: 'me', name: 'Me', role: 'pupil' } });
    const more = [message(2), message(3), mine].map((one) => ({ type: 'message' as const, message: one })).reduce<ChatModel>(reduceChat, looked);
    expect(unread(more, 'me')).toBe(2);
    expect(unread(more, 'a')).toBe(1);
    expect(unread(reduceChat(more, { type: 'deleted', seq: 2, change: 1 }), 'me')).toBe(1);
  });
});

describe('loading', () => {
  it('fails visibly only while there is nothing to show', () => {
    expect(after({ type: 'unavailable' }).load).toBe('failed');
    expect(after({ type: 'page', messages: [message(1)], head: 1, changed: 0, asked: 9, before: true }, { type: 'unavailable' }).load).toBe('ready');
  });
});

describe('what happens to messages afterwards', () => {
  const loaded = after({ type: 'page', messages: [message(1), message(2)], head: 2, changed: 4, asked: 9, before: true });

  it('brings their new state, and only that of those on the page', () => {
    const model = reduceChat(loaded, { type: 'changed', message: message(2, { text: 'better', edited: true }), change: 5 });
    expect(texts(model)).toEqual(['text 1', 'better']);
    expect(model.changed).toBe(5);
    expect(texts(reduceChat(model, { type: 'changed', message: message(9), change: 6 }))).toEqual(['text 1', 'better']);
  });

  it('is asked for from the last change that is known', () => {
    expect(loaded.changed).toBe(4);
    const later = reduceChat(loaded, { type: 'page', messages: [message(3)], head: 3, changed: 9, asked: 9, before: false });
    expect(later.changed).toBe(4);
    expect(reduceChat(later, { type: 'missed', messages: [message(1, { text: 'x' })], changed: 9 })).toMatchObject({ changed: 9, messages: [{ text: 'x' }, {}, {}] });
  });
});

describe('what waits for approval', () => {
  const held = (id: string, more: Partial<ChatHeld> = {}): ChatHeld => ({ channel: 'c', id, client_id: id, author: { id: 'a', name: 'A', role: 'pupil' }, text: id, at: 1, status: 'waiting', change: 1, attachments: [], ...more });

  it('takes the place of what I wrote, and goes when it is approved', () => {
    const waiting = after({ type: 'writing', clientId: 'one', draft: DRAFT }, { type: 'held', held: held('one') });
    expect(waiting.pending).toEqual([]);
    expect(waiting.held).toHaveLength(1);
    expect(reduceChat(waiting, { type: 'held', held: held('one', { status: 'approved' }) }).held).toEqual([]);
  });

  it('stays when it was declined, until it is dismissed', () => {
    const declined = after({ type: 'held', held: held('one') }, { type: 'held', held: held('one', { status: 'declined' }) }, { type: 'waiting', held: [] });
    expect(declined.held.map((one) => one.status)).toEqual(['declined']);
    expect(reduceChat(declined, { type: 'dismiss', id: 'one' }).held).toEqual([]);
  });
});

describe('the read position', () => {
  it('is the server\'s, whatever stands after it, and never goes back', () => {
    const messages = [message(1), message(2), message(3, { deleted: true }), message(4), message(5, { author: { id: 'me', name: 'Me', role: 'pupil' } })];
    const model = after({ type: 'seen', seq: 2 }, { type: 'page', messages, head: 5, changed: 0, asked: 9, before: true });
    expect(unread(model, 'me')).toBe(1);
    expect(unread(reduceChat(model, { type: 'seen', seq: 4 }), 'me')).toBe(0);
    expect(unread(reduceChat(model, { type: 'seen', seq: 1 }), 'me')).toBe(1);
  });

  it('is the same when nothing new is looked at: the screen that looks would look again', () => {
    const early = after({ type: 'seen', seq: 2 }); // the server said so, and no page has come
    expect(reduceChat(early, { type: 'seen' })).toBe(early);
    const looked = after({ type: 'message', message: message(1) }, { type: 'seen' });
    expect(reduceChat(looked, { type: 'seen' })).toBe(looked);
  });
});

describe('mentions', () => {
  const people = [{ person: 'p1', name: 'Amira H.' }, { person: 'p2', name: 'Amir B.' }, { person: 'p3', name: 'Ben K.' }];

  it('are the people whose names stand in the text', () => {
    expect(mentioned('@Amira H. und @Ben K., bitte', people)).toEqual(['p1', 'p3']);
    expect(mentioned('Amira H.', people)).toEqual([]);
  });

  it('may be here, have written here or belong here: each is there once, and I am not', () => {
    const [amira, ben, zoe] = [{ person: 'p1', name: 'Amira H.' }, { person: 'p3', name: 'Ben K.' }, { person: 'p4', name: 'Zoé' }];
    const wrote = (id: string, name: string) => message(1, { author: { id, name, role: 'pupil' } });
    expect(nameable('me', [amira], [wrote('me', 'Ich'), wrote('p3', 'Ben K.'), wrote('p1', 'Amira')], [zoe, ben, { person: 'me', name: 'Ich' }])).toEqual([amira, ben, zoe]);
  });

  it('are of nobody who was erased', () => {
    const erased = message(1, { author: { id: 'erased', name: '', role: 'pupil' }, deleted: true });
    const found = nameable('me', people, [erased], []);
    expect(suggestions('@', 1, found)?.people).toHaveLength(people.length);
    expect(mentioned('Treffen @ 10 Uhr', found)).toEqual([]);
  });

  it('are suggested while a name is begun', () => {
    expect(suggestions('hallo @ami', 10, people)).toEqual({ from: 6, people: people.slice(0, 2) });
    expect(suggestions('hallo @ami', 4, people)).toBeNull();
    expect(suggestions('a@ami', 5, people)).toBeNull();
    expect(suggestions('@zoe', 4, people)).toBeNull();
    expect(suggestions('@ben k.', 7, people)).toBeNull();
    expect(suggestions('@', 1, people)?.people).toHaveLength(3);
  });
});
