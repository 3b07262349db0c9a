/** Conversations, how people are, and settings, in English. */
import type { talks as german } from './talks.de';

export const talks: ReturnType<typeof german> = {
  talks: {
    title: 'Conversations', directs: 'Direct messages', channels: 'Classes and meetings', new: 'Write a message', all: 'All conversations', choose: 'Choose a conversation.',
    noDirects: 'No direct messages yet.', noChannels: 'You belong to no chat yet.', failed: 'The conversations could not be loaded.',
    whom: 'To whom?', search: 'Name', hint: 'Shows everybody whom you may write to.', nobody: 'Nobody by this name, or no conversation possible.', nobodyAtAll: 'This school has no direct messages for this role.',
    found: (count) => (count === 1 ? '1 person found' : `${count} people found`), guardianOf: (names) => `Family of ${names}`,
    write: (name) => `Message to ${name}`, writeTo: (name) => `Write to ${name}`, private: 'Only the two of you read this.', back: 'Back to the people', direct: 'Direct', more: (name) => `More about the conversation with ${name}`,
    block: 'Take no more messages', unblock: 'Take messages again',
    closed: {
      school: 'The rules of the school do not allow writing here any more. What was written stays readable.', blocking: 'You take no messages from this person.',
      blocked: 'This person takes no messages. What was written stays readable.', gone: 'This account is not used any more. What was written stays readable.',
    },
    quiet: (name, until) => `${name} has quiet hours until ${until}. The message arrives all the same, without sound.`,
    typing: (names, more) => (more > 0 ? `${names.join(', ')} and ${more} more are writing …` : names.length === 1 ? `${names[0] ?? ''} is writing …` : `${names.join(' and ')} are writing …`),
  },
  presence: { here: 'here', away: 'away', lesson: 'in a meeting', quiet: 'quiet hours', quietUntil: (until) => `quiet hours until ${until}`, unknown: 'unclear if still here', offline: 'not here' },
  settings: {
    title: 'Settings', open: 'Settings', saved: 'Saved', saving: 'Saving …', notSaved: 'Not saved', failed: 'The settings could not be loaded.',
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
    cap: 'Pictures and sound for each person (kbit/s)', capHint: 'The server sends nobody in a meeting more than this; less makes pictures smaller where many share one line. Holds for meetings that begin from then on.', capUsual: (kbit: number) => `Left empty, the server’s ${kbit} kbit/s hold, which is also the most.`,
    historyDays: 'Keep changes of documents (days)', historyHint: 'For 1 to 365 days each single change can be looked at, with names. After that the state at the end of each day stays. A shorter time holds for what is there already, by the next day at the latest.', historyUsual: (days: number) => `Left empty, the server’s ${days} days hold.`, timeZone: 'Time zone',
    password: 'Password', oldPassword: 'Present password', newPassword: 'New password', passwordHint: (shortest: number) => `At least ${shortest} characters. Other devices are logged out.`, changePassword: 'Change password', wrongOld: 'The present password is wrong.',
  },
};
