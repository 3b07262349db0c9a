/**
 * The list of conversations. Laws: pure; a channel stands where its last message puts it, what is unread is counted
 * here between two lists of the server. A conversation in which nothing was said yet is shown only while it is open.
 */
import type { ChannelView, ChatMessage } from '../protocol/messages';

export type Talk = ChannelView;

export function directs(channels: readonly Talk[], open: string | null): Talk[] {
  return channels.filter((one) => one.partner !== null && (one.head > 0 || one.channel === open)).sort(byRecency);
}

export function groups(channels: readonly Talk[]): Talk[] {
  return channels.filter((one) => one.partner === null).sort(byRecency);
}

function byRecency(one: Talk, other: Talk): number {
  return (other.at ?? 0) - (one.at ?? 0) || one.title.localeCompare(other.title);
}

export function withMessage(channels: readonly Talk[], message: ChatMessage, me: string): Talk[] {
  return channels.map((one) => {
    if (one.channel !== message.channel || message.seq <= one.head) return one;
    return { ...one, head: message.seq, at: message.at, unread: one.unread + (message.author.id === me ? 0 : 1) };
  });
}

/** Read up to this message: what came after it stays unread. */
export function withRead(channels: readonly Talk[], channel: string, seq: number): Talk[] {
  return channels.map((one) => (one.channel === channel ? { ...one, unread: Math.min(one.unread, Math.max(0, one.head - seq)) } : one));
}

export function unreadIn(channels: readonly Talk[], but: string | null): number {
  return channels.reduce((sum, one) => (one.channel === but ? sum : sum + one.unread), 0);
}

/** The names of who writes, without mine: one or two of them, then how many more. */
export function others(people: readonly { person: string; name: string }[], me: string): { names: string[]; more: number } {
  const names = people.filter((one) => one.person !== me).map((one) => one.name);
  return names.length <= 2 ? { names, more: 0 } : { names: names.slice(0, 1), more: names.length - 1 };
}
