/**
 * One channel's messages. Laws: ordered by the server's number, each number once; what I wrote shows at once as pending
 * and becomes the server's message by its client id; a failed one stays, with a way to send it again. What happens to
 * messages afterwards brings their whole new state. A held message is nobody's but its author's and the moderators'.
 */
import type { ChatAttachment, ChatHeld, ChatMessage } from '../protocol/messages';

export interface Draft {
  text: string;
  replyTo: number | null;
  mentions: readonly string[];
  attachments: readonly ChatAttachment[];
}

export interface Pending extends Draft {
  clientId: string;
  failed: boolean;
}

export interface ChatModel {
  messages: readonly ChatMessage[];
  pending: readonly Pending[];
  /** Waiting for approval, or declined and not dismissed yet; oldest first. */
  held: readonly ChatHeld[];
  /** Highest number seen. */
  head: number;
  /** Number of the last change seen. */
  changed: number;
  /** Highest number the person has had on screen, here or, as the server said, elsewhere. */
  seen: number;
  /** There is more before the first message. */
  earlier: boolean;
  load: 'loading' | 'ready' | 'failed';
}

export type ChatAction =
  | { type: 'page'; messages: readonly ChatMessage[]; head: number; changed: number; asked: number; before: boolean }
  | { type: 'message'; message: ChatMessage }
  | { type: 'changed'; message: ChatMessage; change: number }
  | { type: 'missed'; messages: readonly ChatMessage[]; changed: number }
  | { type: 'deleted'; seq: number; change: number }
  | { type: 'forgotten'; before: number }
  | { type: 'held'; held: ChatHeld }
  | { type: 'waiting'; held: readonly ChatHeld[] }
  | { type: 'dismiss'; id: string }
  | { type: 'writing'; clientId: string; draft: Draft }
  | { type: 'failed'; clientId: string }
  | { type: 'seen'; seq?: number }
  | { type: 'loading' }
  | { type: 'unavailable' };

export const emptyChat: ChatModel = { messages: [], pending: [], held: [], head: 0, changed: 0, seen: 0, earlier: false, load: 'loading' };

export function reduceChat(model: ChatModel, action: ChatAction): ChatModel {
  switch (action.type) {
    case 'page':
      return page(model, action);
    case 'message':
      return settle({ ...model, messages: merge(model.messages, [action.message]), head: Math.max(model.head, action.message.seq) });
    case 'changed':
      return { ...model, messages: replace(model.messages, [action.message]), changed: Math.max(model.changed, action.change) };
    case 'missed':
      return { ...model, messages: replace(model.messages, action.messages), changed: Math.max(model.changed, action.changed) };
    case 'deleted': {
      const messages = model.messages.map((message) => (message.seq === action.seq ? { ...message, text: '', deleted: true, reactions: [], attachments: [] } : message));
      return { ...model, messages, changed: Math.max(model.changed, action.change) };
    }
    case 'forgotten':
      return { ...model, messages: model.messages.filter((message) => message.seq >= action.before), earlier: model.earlier && (model.messages[0]?.seq ?? 0) > action.before };
    case 'held':
      return settle({ ...model, held: withHeld(model.held, action.held), changed: Math.max(model.changed, action.held.change) });
    case 'waiting':
      return settle({ ...model, held: [...action.held, ...model.held.filter((one) => one.status === 'declined')] });
    case 'dismiss':
      return { ...model, held: model.held.filter((one) => one.id !== action.id) };
    case 'writing':
      return { ...model, pending: [...model.pending.filter((one) => one.clientId !== action.clientId), { ...action.draft, clientId: action.clientId, failed: false }] };
    case 'failed':
      return { ...model, pending: model.pending.map((one) => (one.clientId === action.clientId ? { ...one, failed: true } : one)) };
    case 'seen':
      return (action.seq ?? model.head) <= model.seen ? model : { ...model, seen: action.seq ?? model.head };
    case 'loading':
      return { ...model, load: model.messages.length > 0 ? 'ready' : 'loading' };
    case 'unavailable':
      return { ...model, load: model.messages.length > 0 ? 'ready' : 'failed' };
  }
}

function page(model: ChatModel, action: Extract<ChatAction, { type: 'page' }>): ChatModel {
  const messages = merge(model.messages, action.messages);
  const first = messages[0]?.seq ?? 0;
  const fresh = model.messages.length === 0;
  const earlier = action.before || fresh ? action.messages.length >= action.asked && first > 1 : model.earlier;
  const head = Math.max(model.head, action.head);
  // What changed before the first page is in it; what changed since is asked for apart.
  const changed = fresh ? Math.max(model.changed, action.changed) : model.changed;
  return settle({ ...model, messages, earlier, head, changed, load: 'ready' });
}

function merge(known: readonly ChatMessage[], more: readonly ChatMessage[]): ChatMessage[] {
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  for (const message of more) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Only what is loaded already: a message far back does not come alone. */
function replace(known: readonly ChatMessage[], more: readonly ChatMessage[]): ChatMessage[] {
  const bySeq = new Map(more.map((message) => [message.seq, message]));
  return known.map((message) => bySeq.get(message.seq) ?? message);
}

function withHeld(known: readonly ChatHeld[], one: ChatHeld): ChatHeld[] {
  const others = known.filter((other) => other.id !== one.id);
  return one.status === 'approved' ? others : [...others, one].sort((a, b) => a.at - b.at);
}

function settle(model: ChatModel): ChatModel {
  const arrived = new Set([...model.messages, ...model.held].map((message) => message.client_id));
  return { ...model, pending: model.pending.filter((one) => !arrived.has(one.clientId)) };
}

/** How many I have not seen of what others wrote and is still said. */
export function unread(model: ChatModel, me: string): number {
  return model.messages.filter((message) => message.seq > model.seen && !message.deleted && message.author.id !== me).length;
}

export interface Nameable {
  person: string;
  name: string;
}

/** Who can be named: who is here, who wrote here, and whoever else belongs here; each once, without me and the erased. */
export function nameable(me: string, here: readonly Nameable[], messages: readonly ChatMessage[], members: readonly Nameable[]): Nameable[] {
  const authors = messages.map(({ author }) => ({ person: author.id, name: author.name }));
  const all = new Map<string, Nameable>();
  for (const one of [...here, ...authors, ...members]) if (one.person !== me && one.name !== '' && !all.has(one.person)) all.set(one.person, one);
  return [...all.values()];
}

/** The people whose "@Name" stands in a text. */
export function mentioned(text: string, people: readonly Nameable[]): string[] {
  return [...new Set(people.filter((one) => text.includes(`@${one.name}`)).map((one) => one.person))].slice(0, 20);
}

/** Who may be meant by the word that begins with "@" just before the caret; null when there is none. */
export function suggestions(text: string, caret: number, people: readonly Nameable[]): { from: number; people: Nameable[] } | null {
  const from = text.lastIndexOf('@', caret - 1);
  if (from < 0 || (from > 0 && !/\s/u.test(text[from - 1] ?? ''))) return null;
  const begun = text.slice(from + 1, caret).toLocaleLowerCase();
  if (begun.length > 30 || begun.includes('\n')) return null;
  const found = people.filter((one) => one.name.toLocaleLowerCase().startsWith(begun));
  const complete = found.some((one) => one.name.toLocaleLowerCase() === begun);
  return found.length === 0 || complete ? null : { from, people: found.slice(0, 5) };
}
