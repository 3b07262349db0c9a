/** Who is here in one channel. Pure; the server coalesces, we only apply. */
import type { PresenceChanged, PresencePerson } from '../protocol/messages';


export function withChange(people: readonly PresencePerson[], changed: PresenceChanged): PresencePerson[] {
  const away = new Set([...changed.gone, ...changed.people.map((person) => person.person)]);
  return [...people.filter((person) => !away.has(person.person)), ...changed.people];
}
