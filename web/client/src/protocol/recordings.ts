/** Recordings that are kept: the list, where a file is, and letting go. */
import { call } from './http';

export interface Track {
  file: number;
  name: string;
  mine: boolean;
  shows: 'camera' | 'screen';
  started_at: number | null;
  milliseconds: number | null;
  bytes: number | null;
}
export interface Recording {
  id: string;
  meeting: string;
  title: string;
  started_at: number;
  /** null while it runs. */
  ended_at: number | null;
  ended: string | null;
  gaps: boolean;
  /** I see and may delete all of it. */
  led: boolean;
  deleted_at: number;
  tracks: Track[];
}
export interface Recordings {
  /** So long each is kept; 0: this server does not record. */
  days: number;
  recordings: Recording[];
}

export const readRecordings = () => call<Recordings>('GET', 'recordings');
export const fileUrl = (recording: string, file: number) => `/api/v1/recordings/${encodeURIComponent(recording)}/${file}`;
export const deleteRecording = (recording: string) => call<object>('DELETE', `recordings/${encodeURIComponent(recording)}`);
export const deleteFile = (recording: string, file: number) => call<object>('DELETE', `recordings/${encodeURIComponent(recording)}/${file}`);
