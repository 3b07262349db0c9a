/** Conversations, and how people are, in English. */
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
};
