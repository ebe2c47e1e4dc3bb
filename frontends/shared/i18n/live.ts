// The texts of what changes while it is shown.
import type { Pack } from './index';

export const en = {
  'live.lost': 'Not live just now; reconnecting…',
  'live.back': 'Live again.',
  'live.changed': 'Updated: {what}.',
  'live.issue': 'Work item',
  'live.comment': 'A comment was added.',
  'live.commentNamed': 'A comment was added to {key}.',
  'live.showComment': 'Show',
  'live.showCommentNamed': 'Show the comment on {key}',
  'live.mail': 'A mail came in the conversation.',
  'live.mailNamed': 'A mail came in the conversation of {key}.',
  'live.recording': 'A recording is ready.',
  'live.recordingNamed': 'A recording of {key} is ready.',
} as const;

export const live: Pack<typeof en> = { en, de: async () => (await import('./live.de')).de };
