/** Somebody chosen for a group or a meeting, and what has to be asked so that the server knows it. Pure. */
import type { Found, Member } from '../protocol/people';
import type { Role } from '../protocol/http';

export interface Chosen {
  id: string;
  name: string;
  role: Role;
}

export const ofMember = (member: Member): Chosen => ({ id: member.id, name: member.full_name ?? member.name, role: member.role });
export const ofFound = (found: Found): Chosen => ({ id: found.id, name: found.full_name, role: found.role });

/** Who came and who went, between what the server knows and what is chosen now. */
export function moved(before: readonly Chosen[], after: readonly Chosen[]): { come: string[]; gone: string[] } {
  const [old, now] = [before, after].map((people) => new Set(people.map((one) => one.id))) as [Set<string>, Set<string>];
  return { come: [...now].filter((id) => !old.has(id)), gone: [...old].filter((id) => !now.has(id)) };
}

/** The chosen with these, by name, each once. */
export function joined(chosen: readonly Chosen[], more: readonly Chosen[], locale: string): Chosen[] {
  const order = new Intl.Collator(locale);
  return [...new Map([...chosen, ...more].map((one) => [one.id, one])).values()].sort((a, b) => order.compare(a.name, b.name));
}
