/** Recording, in English. */
export const recording = {
  recording: {
    runs: 'Recording', off: 'No recording', start: 'Start recording', stop: 'End recording', notEncrypted: 'No recording: the meeting is encrypted',
    begun: (name: string) => `${name} has started a recording.`,
    ask: 'May what you say and show be recorded? If you do not answer, you are not recorded.', keep: 'A no has no consequences, and you can take back a yes at any time.',
    no: 'No', yes: 'Yes, I agree', mine: 'You are being recorded.', notMine: 'You are not being recorded.', agree: 'Agree after all', withdraw: 'Stop recording me',
    eraseQuestion: 'You are not recorded any more. What was recorded of you so far:', erase: 'Delete at once', keepIt: 'Keep', erased: 'Deleted.',
    count: (agreed: number, present: number) => `${agreed} of ${present} have agreed`, gaps: 'The recording has gaps: the server writes too slowly.',
    ended: 'The recording has ended.',
    why: { stopped: 'Nobody is recorded any more.', ended: 'The meeting is over.', full: 'The server’s disk is full.', broken: 'It ended with an error. What was recorded until then is there.', no_leader: 'Nobody leads the meeting any more.', moved: 'The room has moved to another server.' },
  },
  recordings: {
    title: 'Recordings', open: 'Recordings', intro: (days: number) => `Recordings are deleted by themselves after ${days} days.`, own: 'You see here what was recorded of you.', led: 'Everything of meetings that you lead is here, too.',
    empty: 'There are no recordings.', off: 'This server records nothing.', running: 'still running', until: (date: string) => `deleted on ${date}`, unnamed: 'Meeting',
    camera: 'camera and microphone', screen: 'screen', me: 'you', download: 'Download', downloadOf: (name: string, what: string) => `${name}, ${what}: download`, delete: 'Delete', deleteOf: (name: string, what: string) => `${name}, ${what}: delete`,
    deleteAll: 'Delete the whole recording', sure: 'Delete for good?', sureText: 'The file is deleted from the server at once and cannot be brought back.', sureAll: 'All files of this recording are deleted from the server at once and cannot be brought back.', deleted: 'Deleted.',
    minutes: (minutes: number) => (minutes < 1 ? 'under 1 min' : `${minutes} min`), gaps: 'with gaps', nothing: 'No file is finished yet.',
  },
  recordingErrors: {
    recording_encrypted: 'An encrypted meeting cannot be recorded.', recording_off: 'This server records nothing.', recording_full: 'The server’s disk is nearly full. Nothing can be recorded.', recording_runs: 'The recording still runs. Please end it first.',
  },
};
