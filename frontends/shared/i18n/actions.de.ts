// What can be done with a work item, in German.
import type { en } from './actions';

export const de: Record<keyof typeof en, string> = {
  'act.group': 'Aktionen für {key}',
  'act.steps': 'Status ändern',
  'act.stepsNamed': 'Status ändern: {key}',
  'act.stepsFailed': 'Die Schritte konnten nicht aus Jira gelesen werden.',
  'act.noSteps': 'Sie können damit gerade keinen Schritt ausführen.',
  'act.stepped': '{key} ist jetzt {status}.',
  'act.assign': 'Mir zuweisen',
  'act.assignNamed': 'Mir zuweisen: {key}',
  'act.assigned': '{key} ist Ihnen zugewiesen.',
  'act.comment': 'Kommentieren',
  'act.commentNamed': 'Kommentieren: {key}',
  'act.commentLabel': 'Kommentar zu {key}, sichtbar für alle, die den Vorgang sehen',
  'act.commented': 'Ihr Kommentar zu {key} ist da.',
  'act.send': 'Kommentar hinzufügen',
  'act.sending': 'Wird hinzugefügt …',
  'act.notDone': 'An {key} wurde nichts geändert.',
  'action.openInJira': 'In Jira öffnen',
  'refused.FORBIDDEN': 'Das dürfen Sie in Jira nicht.',
  'refused.NOT_FOUND': 'Es existiert nicht mehr, oder Sie dürfen es nicht sehen.',
  'refused.CONFLICT': 'Jemand hat es inzwischen geändert. Sehen Sie nach und versuchen Sie es erneut.',
  'refused.wait': 'Jira bittet um etwas Geduld. Versuchen Sie es gleich noch einmal.',
  'refused.unknown':
    'Jira hat nicht gesagt, ob es geschehen ist. Versuchen Sie es erneut: Es geschieht nicht zweimal.',
  'refused.down': 'Jira antwortet nicht. Versuchen Sie es erneut.',
  'refused.progress': 'Noch in Arbeit. Versuchen Sie es gleich noch einmal.',
  'refused.signIn': 'Ihre Anmeldung muss zuerst erneuert werden.',
  'refused.fields': 'Jira verlangt dafür weitere Angaben.',
  'refused.plain': 'Es ist nicht geschehen. Versuchen Sie es erneut.',
};
