/** The REST interface under /api/v1: typed calls, and one error that says what happened. The session is a cookie. */

export type Role = 'teacher' | 'pupil' | 'guardian' | 'head' | 'school_admin' | 'guest';

export interface Person {
  id: string;
  school: string;
  role: Role;
  name: string;
}
export interface School {
  id: string;
  title: string;
}
export interface Meeting {
  id: string;
  kind: 'lesson' | 'consultation' | 'conference';
  title: string;
  host: string;
  host_name: string;
  group_title: string | null;
  starts_at: number;
  ends_at: number;
  channel: string | null;
  documents: string[];
  lobby: boolean;
  locked: boolean;
  encrypted: boolean;
  private_cameras: boolean;
  /** It does not take place. */
  cancelled: boolean;
  /** When it was to begin before it was moved. */
  moved_from: number | null;
  grant: { moderate: boolean };
}
/** Of a class, of a learning group, or of neither. */
export interface NewMeeting {
  kind: Meeting['kind'];
  title: string;
  starts_at: number;
  ends_at: number;
  school_class?: string;
  learning_group?: string;
  documents: string[];
  invited: string[];
  lobby: boolean;
}
export interface Group {
  id: string;
  title: string;
  channel: string;
}
export interface DocumentInfo {
  id: string;
  kind: 'deck' | 'table' | 'scratch';
  title: string;
  owner: string | null;
  right: 'read' | 'write';
}
export interface Channel {
  id: string;
  title: string;
  read: boolean;
  write: boolean;
  moderate: boolean;
  unread: number;
  head: number;
  partner: { id: string; name: string; role: Role; closed: string | null } | null;
}
/** Minutes of the day, over midnight where `end` is earlier. */
export interface QuietHours {
  start: number;
  end: number;
  weekends: boolean;
}
export interface OwnSettings {
  away: boolean;
  typing: boolean;
  quiet: QuietHours | null;
  time_zone: string;
}
export type DirectPolicy = 'staff' | 'teachers' | 'everyone';
/** Where the school says nothing of its own (null), what is `usual` holds. */
export interface SchoolSettings extends School {
  direct: DirectPolicy;
  direct_keep_days: number | null;
  history_days: number | null;
  time_zone: string;
  video_codec: VideoCodec | null;
  /** kbit/s for each person. */
  downlink_cap: number | null;
  usual: { history_days: number; video_codec: VideoCodec; downlink_cap: number };
}
export type SchoolChange = Partial<Omit<SchoolSettings, keyof School | 'usual'>>;
/** What a school's cameras are asked for. */
export type VideoCodec = 'vp8' | 'h264' | 'vp9' | 'av1';
export interface Home {
  person: Person;
  school: School;
  classes: Group[];
  learning_groups: Group[];
  meetings: Meeting[];
  /** Until when they are all there. */
  meetings_until: number;
  documents: DocumentInfo[];
  /** How many to skip for those that follow. */
  documents_next: number | null;
  channels: Channel[];
  /** The server's clock. */
  now: number;
}

/** `code` is the server's stable word, "network" when it could not be reached, "timeout" when it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    detail: string,
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

interface Problem {
  code?: string;
  detail?: string;
}

/** Rejects with ApiError alone, and not after `deadline`: a server that is silent, or an answer that breaks off, is no answer. */
export async function call<T>(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object, deadline = method === 'GET' ? 20_000 : 60_000): Promise<T> {
  const response = await arrived(send(method, path, body, AbortSignal.timeout(deadline)));
  if (response.ok) return (response.status === 204 ? {} : await arrived(response.json())) as T;
  // A proxy's error page is no problem document; the status says enough.
  const problem = (await response.json().catch(() => ({}))) as Problem;
  throw new ApiError(problem.code ?? `http_${response.status}`, response.status, problem.detail ?? response.statusText);
}

function send(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
  const sent = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return fetch(`/api/v1/${path}`, { method, signal, ...sent });
}

/** What came, or the ApiError that says why it did not. */
export async function arrived<T>(coming: Promise<T>): Promise<T> {
  try {
    return await coming;
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError(late ? 'timeout' : 'network', 0, String(error));
  }
}

const part = encodeURIComponent;

export const api = {
  login: (account: string, password: string, school: string | null) => call<{ person: Person }>('POST', 'login', { account, password, ...(school === null ? {} : { school }) }),
  logout: () => call<object>('POST', 'logout', {}),
  me: () => call<{ person: Person }>('GET', 'me'),
  home: () => call<Home>('GET', 'home'),
  schools: () => call<{ schools: School[]; demo: boolean }>('GET', 'schools'),
  meeting: (id: string) => call<Meeting>('GET', `meetings/${part(id)}`),
  createMeeting: (meeting: NewMeeting) => call<Meeting>('POST', 'meetings', meeting),
  changeMeeting: (id: string, change: { title?: string; starts_at?: number; ends_at?: number; lobby?: boolean; cancelled?: boolean; documents?: string[] }) => call<Meeting>('PATCH', `meetings/${part(id)}`, change),
  encryptMeeting: (id: string, encrypted: boolean) => call<Meeting>('PATCH', `meetings/${part(id)}`, { encrypted }),
  guest: (token: string, name: string) => call<{ person: Person; meeting: string }>('POST', 'guest', { token, name }),
  guestLink: (meeting: string) => call<{ token: string; url: string }>('POST', `meetings/${part(meeting)}/guest-links`, {}),
  createDocument: (kind: 'deck' | 'table', title: string) => call<DocumentInfo>('POST', 'documents', { kind, title }),
  channels: () => call<{ channels: Channel[] }>('GET', 'channels'),
  changeChannel: (id: string, change: { mode?: 'open' | 'moderated' | 'teacher_only' | 'off'; keep_days?: number | null }) => call<Channel>('PATCH', `channels/${part(id)}`, change),
  changePassword: (old: string, fresh: string) => call<object>('POST', 'me/password', { old, new: fresh }),
  settings: () => call<OwnSettings>('GET', 'me/settings'),
  changeSettings: (change: Partial<Omit<OwnSettings, 'time_zone'>>) => call<OwnSettings>('PATCH', 'me/settings', change),
  school: () => call<SchoolSettings>('GET', 'school'),
  changeSchool: (change: SchoolChange) => call<SchoolSettings>('PATCH', 'school', change),
  documents: (text = '', skip = 0) => call<{ documents: DocumentInfo[]; next: number | null }>('GET', `documents?${new URLSearchParams({ text, skip: String(skip) })}`),
  meetings: (since: number, until: number) => call<{ meetings: Meeting[]; until: number }>('GET', `meetings?since=${since}&until=${until}`),
};
