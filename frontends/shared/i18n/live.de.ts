// What changes while it is shown, in German.
import type { en } from './live';

export const de: Record<keyof typeof en, string> = {
  'live.lost': 'Gerade nicht live; wird neu verbunden…',
  'live.back': 'Wieder live.',
  'live.changed': 'Aktualisiert: {what}.',
  'live.issue': 'Vorgang',
  'live.comment': 'Ein Kommentar wurde hinzugefügt.',
  'live.commentNamed': 'Zu {key} wurde ein Kommentar hinzugefügt.',
  'live.showComment': 'Anzeigen',
  'live.showCommentNamed': 'Kommentar zu {key} anzeigen',
  'live.mail': 'In der Konversation ist eine E-Mail eingegangen.',
  'live.mailNamed': 'In der Konversation zu {key} ist eine E-Mail eingegangen.',
  'live.recording': 'Eine Aufzeichnung ist verfügbar.',
  'live.recordingNamed': 'Eine Aufzeichnung zu {key} ist verfügbar.',
};
