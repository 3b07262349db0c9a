/**
 * What is put on the Tafel is laid out for all first: otherwise only who put it there would see it. Laws: nothing that lies
 * there is taken away; in a consultation nothing is laid out on the way, since every family would find it.
 */
import type { Meeting } from '../protocol/http';
import type { RoomState } from '../protocol/messages';

export interface Meetings {
  meeting(id: string): Promise<Pick<Meeting, 'documents'>>;
  changeMeeting(id: string, change: { documents: string[] }): Promise<unknown>;
}

/** Documents that all in the room may open already: the meeting's, and those of its groups. */
export function laidOut(room: RoomState): string[] {
  return [...room.documents, ...(room.groups?.rooms.flatMap((group) => group.document ?? []) ?? [])];
}

export async function layOut(meetings: Meetings, room: RoomState, document: string): Promise<void> {
  if (room.kind === 'consultation' || laidOut(room).includes(document)) return;
  const { documents } = await meetings.meeting(room.meeting);
  if (!documents.includes(document)) await meetings.changeMeeting(room.meeting, { documents: [...documents, document] });
}
