/**
 * One channel's messages. Laws: ordered by the server's number, each number once; what I wrote shows at once as pending
 * and becomes the server's message by its client id; a failed one stays, with a way to send it again.
 */
import type { ChatMessage } from '../protocol/messages';

export interface Pending {
  clientId: string;
  text: string;
  failed: boolean;
}

export interface ChatModel {
  messages: readonly ChatMessage[];
  pending: readonly Pending[];
  /** Highest number seen. */
  head: number;
  /** Highest number the person has had on screen. */
  seen: number;
  /** There is more before the first message. */
  earlier: boolean;
  load: 'loading' | 'ready' | 'failed';
}

export type ChatAction =
  | { type: 'page'; messages: readonly ChatMessage[]; head: number; asked: number; before: boolean }
  | { type: 'message'; message: ChatMessage }
  | { type: 'deleted'; seq: number }
  | { type: 'writing'; clientId: string; text: string }
  | { type: 'failed'; clientId: string }
  | { type: 'seen' }
  | { type: 'loading' }
  | { type: 'unavailable' };

export const emptyChat: ChatModel = { messages: [], pending: [], head: 0, seen: 0, earlier: false, load: 'loading' };

export function reduceChat(model: ChatModel, action: ChatAction): ChatModel {
  switch (action.type) {
    case 'page': {
      const messages = merge(model.messages, action.messages);
      const first = messages[0]?.seq ?? 0;
      const earlier = action.before || model.messages.length === 0 ? action.messages.length >= action.asked && first > 1 : model.earlier;
      return settle({ ...model, messages, earlier, head: Math.max(model.head, action.head), load: 'ready' });
    }
    case 'message':
      return settle({ ...model, messages: merge(model.messages, [action.message]), head: Math.max(model.head, action.message.seq) });
    case 'deleted':
      return { ...model, messages: model.messages.map((message) => (message.seq === action.seq ? { ...message, text: '', deleted: true } : message)) };
    case 'writing':
      return { ...model, pending: [...model.pending.filter((one) => one.clientId !== action.clientId), { clientId: action.clientId, text: action.text, failed: false }] };
    case 'failed':
      return { ...model, pending: model.pending.map((one) => (one.clientId === action.clientId ? { ...one, failed: true } : one)) };
    case 'seen':
      return { ...model, seen: model.head };
    case 'loading':
      return { ...model, load: model.messages.length > 0 ? 'ready' : 'loading' };
    case 'unavailable':
      return { ...model, load: model.messages.length > 0 ? 'ready' : 'failed' };
  }
}

function merge(known: readonly ChatMessage[], more: readonly ChatMessage[]): ChatMessage[] {
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  for (const message of more) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

function settle(model: ChatModel): ChatModel {
  const arrived = new Set(model.messages.map((message) => message.client_id));
  return { ...model, pending: model.pending.filter((one) => !arrived.has(one.clientId)) };
}

export function unread(model: ChatModel): number {
  return model.messages.filter((message) => message.seq > model.seen && !message.deleted).length;
}
