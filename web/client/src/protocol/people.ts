/** People of the school, learning groups and invitations, for staff. */
import { call, type Group, type Role } from './http';

export interface Member {
  id: string;
  role: Role;
  name: string;
  full_name: string | null;
}
/** `of`: a pupil's classes, a guardian's children. */
export interface Found {
  id: string;
  role: Role;
  full_name: string;
  of: readonly string[];
}
/** A group and the accounts that will sit there. */
export interface PreparedGroup {
  readonly title: string;
  readonly people: readonly string[];
}
export type GroupKind = 'classes' | 'learning-groups';

const part = encodeURIComponent;

export const peopleApi = {
  find: async (text: string) => (await call<{ people: Found[] }>('GET', `people?text=${part(text)}`)).people,
  roster: async (kind: GroupKind, id: string) => (await call<{ roster: Member[] }>('GET', `${kind}/${part(id)}`)).roster,
  learningGroups: async () => (await call<{ learning_groups: Group[] }>('GET', 'learning-groups')).learning_groups,
  create: (kind: GroupKind, title: string) => call<Group>('POST', kind, { title }),
  rename: (kind: GroupKind, id: string, title: string) => call<Group>('PATCH', `${kind}/${part(id)}`, { title }),
  enrol: (kind: GroupKind, id: string, account: string) => call<object>('POST', `${kind}/${part(id)}/enrolments`, { account }),
  unenrol: (kind: GroupKind, id: string, account: string) => call<object>('DELETE', `${kind}/${part(id)}/enrolments/${part(account)}`),
  invited: async (meeting: string) => (await call<{ invited: Member[] }>('GET', `meetings/${part(meeting)}/invitations`)).invited,
  invite: (meeting: string, account: string) => call<object>('POST', `meetings/${part(meeting)}/invitations`, { account }),
  dissolve: (id: string) => call<object>('DELETE', `learning-groups/${part(id)}`),
  preparedGroups: (meeting: string) => call<{ groups: PreparedGroup[]; people: Member[] }>('GET', `meetings/${part(meeting)}/groups`),
  prepareGroups: (meeting: string, groups: PreparedGroup[]) => call<object>('PUT', `meetings/${part(meeting)}/groups`, { groups }),
  uninvite: (meeting: string, account: string) => call<object>('DELETE', `meetings/${part(meeting)}/invitations/${part(account)}`),
};
