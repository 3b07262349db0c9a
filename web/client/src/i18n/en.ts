import type { Catalogue } from './de';
import { recording } from './recording.en';
import { talks } from './talks.en';

const KIND = { lesson: 'Lesson', consultation: 'Consultation', conference: 'Conference' };
const ROLE = { teacher: 'Teacher', pupil: 'Pupil', guardian: 'Guardian', head: 'Head of school', school_admin: 'Administration', guest: 'Guest' };
const NAME = { microphone: 'Microphone', camera: 'Camera', screen: 'Screen' };
const WHY = {
  denied: 'The browser does not allow it. Allow it at the lock beside the address.',
  missing: 'None is connected.',
  busy: 'Another program is using it.',
  gone: 'No longer connected, so it is off.',
};
const list = (names: readonly string[]): string => new Intl.ListFormat('en', { type: 'conjunction' }).format(names);

const entering = {
  login: {
    title: 'Log in', school: 'School', choose: 'Please choose', account: 'User name', password: 'Password', submit: 'Log in', busy: 'One moment …',
    shared: 'Others use this device too', sharedHint: 'Then no copy of a document stays on the device.',
    demo: 'Demonstration', demoText: (password: string) => `This school is invented. Every account has the password “${password}”.`,
  },
  guest: { title: 'Take part as a guest', text: 'You were given a link to a meeting.', name: 'Your name', hint: 'This is what the others see. The name is for this meeting only.', submit: 'Continue' },
  missing: { title: 'This page does not exist', text: 'Perhaps a part of the address is missing.' },
  prejoin: {
    preview: 'Preview', cameraOff: 'Your camera is off', onlyName: 'The others see only your name.', microphoneOn: 'Turn on mic', microphoneIsOn: 'Mic is on', cameraOn: 'Turn on camera', cameraIsOn: 'Camera is on',
    seen: 'What the others see', seenName: 'Your name:', seenNoCamera: 'No picture until you turn on the camera', seenCamera: 'Your camera as soon as you join', heardNot: 'No sound until you turn on the microphone', heard: 'What you say as soon as you join',
    noRecording: 'Nothing of you is recorded unless you agree', name: 'Your name in the room', nameHint: 'The school sets the name.', nameGuest: 'You entered this name.', test: 'Test the microphone', startTest: 'Start test', testing: 'Test is running', testHint: 'Only you see the test.', join: 'Join',
  },
  lobby: {
    waiting: 'You will be let in soon', early: (when: string) => `You will be let in from ${when}`, joining: 'Connecting …', ahead: (count: number) => `One moment, ${count} before you. This goes on by itself, there is no need to reload.`, opens: 'Please stay here. The room opens by itself.',
    privacy: 'In the lobby nobody sees or hears you, and you see and hear nobody. Nothing is recorded.', self: 'Preview', bothOff: 'Microphone and camera are off', onlyMicrophone: 'The microphone is ready, the camera is off', leave: 'Leave',
  },
  secrecy: {
    sign: 'End-to-end encrypted', before: 'Sound and pictures are end-to-end encrypted', code: 'Safety number', making: 'Keys are being exchanged …',
    compare: 'Read the number to each other: if everybody has the same one, nobody else is listening or watching.', covers: 'Holds for sound, cameras and screens, not for chat and documents.',
      field: 'Encrypt end to end', fieldHint: 'Only your browsers see and hear the meeting, not the server. At most 64 people, all with a recent browser; no recording. It does not cover chat and documents.',
      fieldCannot: 'Your browser cannot do this. Please use a recent one.', inUse: 'This can only be changed while nobody is in the room.', notChanged: 'This could not be changed. Please try again.',
    cannot: 'This meeting is end-to-end encrypted, and your browser cannot do that. Please use a current browser.', downgraded: 'This meeting was to be end-to-end encrypted and is not. That is why nothing was sent.',
  },
  closed: {
    again: 'Join again', toLobby: 'Back to the lobby', talkOver: 'The talk has ended',
    title: { left: 'You left the room', ended: 'The meeting has ended', removed: 'You were removed from the room', rejected: 'No admission', no_right: 'No admission any more', replaced: 'Open in another window', moved: 'The room is moving', restart: 'The server is restarting', failed: 'No admission' },
    text: {
      left: 'Microphone and camera are off.', ended: 'Board and chat are kept.', removed: 'Ask whoever leads the meeting if this was a mistake.', rejected: 'Whoever leads the meeting declined the request.', no_right: 'You no longer belong to this meeting.',
      replaced: 'That is why this window was disconnected.', moved: 'This takes only a moment.', restart: 'This takes only a moment.', failed: 'This meeting does not exist, or it is not open to you.',
    },
  },
};

const inside = {
  room: {
    skip: 'To the board', controls: 'My controls', leave: 'Leave', groups: 'Groups', privateCameras: 'Cameras for those who lead', minutesLeft: (minutes: number) => (minutes === 0 ? 'Time is up' : `${minutes} min left`), present: (count: number) => (count === 1 ? '1 person here' : `${count} here`),
    microphoneOn: 'Mic on', microphoneOff: 'Mic off', cameraOn: 'Camera on', cameraOff: 'Camera off', raise: 'Raise hand', lower: 'Hand is up', quality: { title: 'Connection', good: 'Good', fair: 'Fair', weak: 'Weak', none: 'None', connecting: 'connecting …' },
  },
  tile: {
    hand: 'raised hand', of: 'of', page: (page: number, pages: number) => `Cameras, page ${page} of ${pages}`, before: 'Previous page', after: 'Next page', reconnecting: 'reconnecting\u00a0…', missing: { undecodable: 'This browser cannot show this picture', line: 'No room on the line', screen: 'Paused beside the screen' }, late: 'No picture yet', microphoneOff: 'Mic off', pinned: 'stays on every page', onlyLeads: 'seen only by those who lead', line: { fair: 'Fair connection', weak: 'Weak connection' },
    picture: (name: string) => `Camera of ${name}`, ownPicture: 'Your camera',
  },
  stage: {
    title: 'Board', tools: 'Control the board', empty: 'The board is still empty.', emptyPresent: 'The board is empty. The documents are under “Content”.', nothing: 'Board', screen: (name: string) => `Screen of ${name}`, ownScreen: 'Your screen',
    shareScreen: 'Share screen', stopScreen: 'Stop sharing', clear: 'Clear board', takeDown: 'Take off the board', content: 'Content', change: 'of the board', noDocuments: 'No documents yet', laysOut: 'all may write in it', documentsFailed: 'Not loaded, try again',
  },
  hands: { title: 'Raised hands', none: 'Nobody has a hand up.', lowerAll: 'Lower all', call: 'Call on', since: (minutes: number) => `for ${minutes} min`, me: (place: number) => `You are number ${place}`, more: (count: number) => `Show ${count} more`, fewer: 'Show fewer' },
  panel: { title: 'Hands, chat and people', tabs: 'Side panel', chat: 'Chat', people: 'People', new: 'new', waiting: 'in the lobby' },
  chat: {
    title: 'Chat', write: 'Message to everyone', send: 'Send', sending: 'sending …', notSent: 'not sent', again: 'Send again', delete: 'Delete message', deleted: 'This message was deleted.', earlier: 'Show earlier', empty: 'No message yet. Write the first.',
    emptyRead: 'No message yet.', failed: 'The chat could not be loaded.', readOnly: 'You can only read here.',
    whoWrites: 'Who writes:', mode: { open: 'Everyone', moderated: 'Everyone, after approval', teacher_only: 'Teachers only', off: 'Nobody' }, isOff: 'The chat is off.', onlyTeachers: 'Only teachers write here at the moment.',
    search: 'Search', searchText: 'Search in this chat', found: (count: number) => (count === 0 ? 'Nothing found.' : count === 1 ? '1 message' : `${count} messages`),
    settings: 'Chat settings', keep: 'Keep messages', keepDays: (days: number | null) => (days === null ? 'Without end' : days === 365 ? 'One year' : `${days} days`),
    heldTitle: 'Waiting for approval', approve: 'Approve', decline: 'Decline', held: 'waiting for approval', declined: 'not approved', dismiss: 'Hide', willBeHeld: 'Your message becomes visible once it is approved.',
    more: (name: string, time: string) => `More about the message from ${name}, ${time}`, reply: 'Reply', answers: 'Reply to', answersEarlier: 'Reply to an earlier message', answering: (name: string) => `Reply to ${name}:`, edit: 'Edit', editing: 'Edit message', save: 'Save', edited: 'edited',
    toYou: 'to you', names: 'People', unread: 'unread', signs: 'Signs', sign: { '👍': 'Good', '❤️': 'Heart', '😄': 'Laugh', '🎉': 'Celebrate', '🤔': 'Thinking', '👀': 'Seen' },
  },
  files: {
    attach: 'Attach a file', camera: 'Take a photo', drop: 'Drop here to attach', tray: 'Attachments of the message', pictures: 'Pictures', files: 'Files', sending: 'Files are being uploaded.', ready: (count: number) => (count === 1 ? 'One file is ready.' : `${count} files are ready.`),
    progress: (name: string) => `${name} is being uploaded`, again: (name: string) => `Upload ${name} again`, remove: (name: string) => `Remove ${name}`, open: (name: string) => `Open picture ${name}`,
    save: 'Download', close: 'Close', before: 'Previous picture', after: 'Next picture', place: (at: number, of: number) => `${at} of ${of}`, gone: 'This picture is gone.', count: (count: number) => (count === 1 ? 'One file' : `${count} files`),
    tooMany: (most: number) => `A message carries at most ${most} files.`, tooLarge: (size: string) => `Too large: a file has at most ${size}.`,
    errors: {
      network: 'No connection. Try again?', too_large: 'The file is too large.', upload_empty: 'The file is empty.', upload_damaged: 'The file is damaged.', upload_picture: 'Pictures go as JPEG, PNG, GIF or WebP.', upload_refused: 'Programs and oversized archives are not taken.', upload_infected: 'The virus scanner refuses this file.', scan_away: 'Files cannot be checked for viruses now. Try again later?',
      upload_pixels: 'The picture has too many pixels.', upload_quota: 'Your storage is full. Delete something first.', upload_too_slow: 'The connection was too slow. Try again?', too_many_requests: 'That was many files at once. Try again in a moment?', forbidden: 'You may not do this here.', other: 'This did not work. Try again?',
    },
  },
  people: {
    title: 'People', muteAll: 'Mute all', lock: 'Lock', locked: 'Locked', privateCameras: 'Cameras to me only', privateToYou: 'Only those who lead the meeting see the others’ cameras.', privateToThem: 'Only those who lead the meeting see your camera.', lobby: 'In the lobby', admit: 'Let in', reject: 'Decline', mute: (name: string) => `Mute ${name}`, ask: (name: string) => `Ask ${name} to turn on the mic`, pin: (name: string) => `Keep ${name}’s picture on every page`, more: (name: string) => `More about ${name}`,
    muteOne: 'Mute', askOne: 'Ask to turn on the mic', lower: 'Lower hand', toStage: 'Bring to the board', fromStage: 'Take off the board', remove: 'Remove from the room', microphoneOn: 'Mic on',
  },
  more: { title: 'More', devices: 'Device settings', shortcuts: 'Keyboard shortcuts', line: 'Look at the connection', guests: 'Invite guests', end: 'End for everyone' },
  dialogs: {
    shortcut: { microphone: 'Microphone on or off', camera: 'Camera on or off', hand: 'Raise or lower hand', leave: 'Leave the room' }, regions: 'To the next region, with Shift back', useShortcuts: 'Use keyboard shortcuts',
    guestText: 'Whoever opens this link gives a name and waits in the lobby until you let them in.', guestMake: 'Create link', guestUrl: 'Link for guests', copy: 'Copy', copied: 'Copied',
    endTitle: 'End for everyone?', endText: (count: number) => `${count === 1 ? 'One person leaves' : `All ${count} leave`} the room. Board and chat are kept.`,
  },
  line: {
    title: 'Connection', none: 'There is no connection for sound and pictures right now.', measuring: 'measuring …', score: 'Rating', scoreOf: (score: number) => `${score} of 93`, delay: 'Round trip', jitter: 'Jitter', loss: 'Loss', path: 'Way',
    paths: { udp: 'direct (UDP)', tcp: 'direct (TCP)', relay: 'by a relay (TURN)' }, arriving: 'Pictures that arrive', leaving: 'Pictures that leave', who: 'Who', size: 'Size', rate: 'kbit/s', frames: 'Frames/s', nothing: 'None at the moment.',
    camera: 'Camera', screen: 'Screen', resting: 'resting, nobody sees it', explain: 'The rating estimates how a conversation over this connection sounds (E-model, ITU-T G.107): good from 80 on, weak below 60.',
  },
  notices: { called: 'It is your turn.', calledBy: (name: string) => `${name} asks you to speak.`, speak: 'Turn on mic', muted: (name: string) => `${name} turned off your microphone.`, refused: 'Not possible', paused: 'Your connection is too slow for pictures right now. Sound goes on.', sound: 'The browser does not play sound yet.', soundOn: 'Turn on sound' },
  news: {
    raised: (names: readonly string[]) => `${list(names)} raised a hand.`, joined: (count: number) => (count === 1 ? 'One person joined.' : `${count} people joined.`),
    waiting: (names: readonly string[]) => (names.length === 1 ? `${list(names)} is waiting in the lobby.` : `${list(names)} are waiting in the lobby.`),
  },
};

export const en = (): Catalogue => ({
  app: { skip: 'Skip to content', toHome: 'To the overview', home: 'to the overview', areas: 'Areas', today: 'Today', chat: 'Chat', school: 'School', account: 'Account', settings: 'Settings', logout: 'Log out', you: 'You' },
  kind: KIND,
  role: ROLE,
  until: (time) => `until ${time}`,
  state: { loading: 'Loading', again: 'Try again', details: 'Details', cancel: 'Cancel', close: 'Close', done: 'Done' },
  net: { lost: 'No connection.', media: 'Picture and sound are interrupted.', trying: 'We keep trying. Your work is safe.' },
  home: {
    greeting: (hour) => (hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening'), now: 'Now', join: 'Join', prepare: 'Open', day: 'My day', ready: (count) => (count === 1 ? '1 document is ready' : `${count} documents are ready`),
    noMeetings: 'You have no meeting today.', noMore: 'Nothing else today.', plan: 'Plan', upcoming: 'Coming up', classes: 'My classes', toChat: 'Chat of the class', channels: 'Chat', noChannels: 'You belong to no chat yet.',
  },
  documents: { title: 'Documents', create: 'New', readFile: 'Read a file in', createTitle: 'New document', createIt: 'Create', what: 'What will it be?', name: 'Title', kind: { deck: 'Presentation', table: 'Table', scratch: 'Note' }, empty: 'No documents yet. Begin with a presentation or a table.', emptyRead: 'No documents yet. What is shared will appear here.' },
  channel: { here: 'Here now', nobody: 'Nobody', unknown: 'unclear if still here', others: 'All chats', none: 'This chat does not exist, or it is not open to you.' },
  devices: { ...NAME, speaker: 'Loudspeaker', standard: 'Default of this device', tone: 'Play a test tone', music: 'Transmit music', musicHint: 'In stereo and without filters for noise. Use headphones then, or the others hear themselves.', problem: (source, reason) => `${NAME[source]}: ${WHY[reason]}` },
  errors: {
    network: 'No connection to the server. Nothing is lost.', offline: 'No connection. It is tried again shortly.', forbidden: 'You may not do that here.', conflict: 'This exists already.', wrong_role: 'This does not fit the role of the account.', wrong_times: 'The end is before the start.', too_many: 'No more are possible.', too_many_guests: 'As many as fit have come through this link already. Please try again later or ask for a new link.', in_use: 'That is possible once nobody is in the room.', last_teacher: 'One teacher has to stay in the learning group.', cancelled: 'This meeting does not take place.', too_many_requests: 'That was a great many requests. Please wait a moment.', busy: 'Very many people are logging in. Please try again in a moment.', timeout: 'The server does not answer. Please try again.', wrong_password: 'Name or password is not right.', link_expired: 'This link is no longer valid. Please ask for a new one.',
    not_found: 'This does not exist, or it is not shared with you.', not_allowed: 'You may not do that here.', too_fast: 'That was a lot at once. Please wait a moment.', too_many_attempts: 'Too many attempts. Please wait a moment.', too_large: 'That is too long.',
    overloaded: 'The server is busy. Please try again shortly.', unavailable: 'The server is not ready. Please try again shortly.', media: 'Picture and sound could not be connected.', state: 'That is not possible right now.', internal: 'That did not work. Please try again.',
  },
  ...entering,
  ...inside,
  ...talks,
  ...recording,
});
