/**
 * The list of conversations. Laws: pure; a channel stands where its last message puts it, what is unread is counted
 * here between two lists of the server: what others wrote after the place I have read to, and is still said. A
 * conversation in which nothing was said yet is shown only while it is open.
 */
import type { ChannelView, ChatDeleted, ChatMessage } from '../protocol/messages';

/** As many as the server counts: it may be more. */
export const MOST = 100;

/** What happened after what the server's list says. */
interface Since {
  /** The number of the last message then. */
  head: number;
  /** What others wrote after it and is unread, oldest first. */
  later: readonly number[];
  /** What stood before it, was unread and is deleted. */
  deleted: readonly number[];
}

export interface Talk extends ChannelView {
  since?: Since;
}

function sinceOf(talk: Talk): Since {
  return talk.since ?? { head: talk.head, later: [], deleted: [] };
}

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
    const since = sinceOf(one);
    const said = { ...one, since, head: message.seq, at: message.at };
    if (message.author.id === me) return said;
    return { ...said, since: { ...since, later: [...since.later, message.seq].slice(-MOST) }, unread: Math.min(MOST, one.unread + 1) };
  });
}

export function withDeleted(channels: readonly Talk[], { channel, seq, author }: Omit<ChatDeleted, 'change'>, me: string): Talk[] {
  return channels.map((one) => {
    if (one.channel !== channel || author === me || seq <= one.seen) return one;
    const since = sinceOf(one);
    const known = seq > since.head;
    if (known ? !since.later.includes(seq) : since.deleted.includes(seq)) return one;
    const left = known ? { ...since, later: since.later.filter((other) => other !== seq) } : { ...since, deleted: [...since.deleted, seq] };
    return { ...one, since: left, unread: one.unread < MOST ? Math.max(0, one.unread - 1) : MOST };
  });
}

/** Read up to this message: what came after it stays unread. */
export function withRead(channels: readonly Talk[], channel: string, seq: number): Talk[] {
  return channels.map((one) => {
    if (one.channel !== channel || seq <= one.seen) return one;
    const since = sinceOf(one);
    const later = since.later.filter((other) => other > seq);
    const deleted = since.deleted.filter((other) => other > seq);
    const before = Math.max(0, since.head - seq - deleted.length); // some of them may be my own: the server knows
    return { ...one, since: { ...since, later, deleted }, seen: Math.min(seq, one.head), unread: Math.min(one.unread, before + later.length) };
  });
}

/** A number of unread messages, as it is shown. */
export function shownUnread(unread: number): string {
  return unread < MOST ? `${unread}` : '99+';
}

export function unreadIn(channels: readonly Talk[], but: string | null): number {
  return channels.reduce((sum, one) => (one.channel === but ? sum : sum + one.unread), 0);
}

/** The names of who writes, without mine: one or two of them, then how many more. */
export function others(people: readonly { person: string; name: string }[], me: string): { names: string[]; more: number } {
  const names = people.filter((one) => one.person !== me).map((one) => one.name);
  return names.length <= 2 ? { names, more: 0 } : { names: names.slice(0, 1), more: names.length - 1 };
}
