import type { Strings } from './strings.de';

export const en: Strings = {
  title: 'Settings', saved: 'Saved', saving: 'Saving …', notSaved: 'Not saved', failed: 'The settings could not be loaded.',
  mine: 'What others see', away: 'Away', awayHint: 'Everybody sees “away” until you switch it off.', typing: 'Show when I am writing', typingHint: 'Otherwise “is writing …” is never shown.',
  quiet: 'Quiet hours', quietHint: 'During these hours there are no notices. Who writes to you sees until when. Messages arrive all the same.',
  useQuiet: 'Keep quiet hours', from: 'From', until: 'Until', weekends: 'Also the whole weekend', zone: (zone) => `Times in the time zone of the school (${zone})`, sameTime: 'Beginning and end are the same: there are no quiet hours then.',
  school: 'School', direct: 'Direct messages', policy: { staff: 'Among staff only', teachers: 'With one’s own teachers', everyone: 'In the whole school' },
  policyHint: {
    staff: 'Teachers and the head write to each other. Pupils and families do not.',
    teachers: 'Also: pupils with those who teach them; families with the teachers of their children and with the head.',
    everyone: 'Also: everybody with all teachers, pupils of a class or learning group with each other, families with their children. Families never with each other.',
  },
  keep: 'Keep direct messages', keepHint: 'What is older is deleted, also what is written already.',
  videoCodec: 'Picture format of cameras', codec: { vp8: 'VP8: works everywhere', h264: 'H.264: easy on old tablets and laptops', vp9: 'VP9: saves bandwidth, for newer devices', av1: 'AV1: saves most, only for strong, new devices' }, codecUsual: (codec: string) => `As the server (${codec.replace(/:.*/, '')})`, codecHint: 'Holds for meetings that begin from then on. Whoever cannot send the format sends VP8; whoever cannot show it reads so in place of the picture. Encrypted meetings stay with VP8.',
  cap: 'Pictures and sound for each person (kbit/s)', capHint: 'The server sends nobody in a meeting more than this; less makes pictures smaller where many share one line. Holds for meetings that begin from then on.', capUsual: (kbit: number) => `Left empty, the server’s ${kbit.toLocaleString('en-GB')} kbit/s hold, which is also the most.`,
  whole: (from, to) => `Please a whole number from ${from.toLocaleString('en-GB')} to ${to.toLocaleString('en-GB')}. Left empty, the server’s holds.`,
  historyDays: 'Keep changes of documents (days)', historyHint: 'For 1 to 365 days each single change can be looked at, with names. After that the state at the end of each day stays. A shorter time holds for what is there already, by the next day at the latest.', historyUsual: (days: number) => `Left empty, the server’s ${days} days hold.`, timeZone: 'Time zone',
  password: 'Password', oldPassword: 'Present password', newPassword: 'New password', passwordHint: (shortest: number) => `At least ${shortest} characters. Other devices are logged out.`, changePassword: 'Change password', wrongOld: 'The present password is wrong.',
};
