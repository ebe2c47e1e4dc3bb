// The texts of what can be done with a work item.
import type { Pack } from './index';

export const en = {
  'act.group': 'Actions for {key}',
  'act.steps': 'Change status',
  'act.stepsNamed': 'Change status of {key}',
  'act.stepsFailed': 'The steps could not be read from Jira.',
  'act.noSteps': 'There is no step you may take with it now.',
  'act.stepped': '{key} is now {status}.',
  'act.assign': 'Assign to me',
  'act.assignNamed': 'Assign to me: {key}',
  'act.assigned': '{key} is assigned to you.',
  'act.comment': 'Comment',
  'act.commentNamed': 'Comment on {key}',
  'act.commentLabel': 'Comment on {key}, visible to everyone who sees it',
  'act.commented': 'Your comment on {key} is there.',
  'act.send': 'Add comment',
  'act.sending': 'Adding…',
  'act.notDone': 'Nothing was changed on {key}.',
  'action.openInJira': 'Open in Jira',
  'refused.FORBIDDEN': 'You may not do this in Jira.',
  'refused.NOT_FOUND': 'It does not exist any more, or you may not see it.',
  'refused.CONFLICT': 'Somebody changed it in the meantime. Look again, then try again.',
  'refused.wait': 'Jira asks us to slow down. Try again in a moment.',
  'refused.unknown': 'Jira did not say whether it was done. Try again: it is not done twice.',
  'refused.down': 'Jira is not answering. Try again.',
  'refused.progress': 'Still under way. Try again in a moment.',
  'refused.signIn': 'Your sign-in has to be renewed first.',
  'refused.fields': 'Jira wants more details for this.',
  'refused.plain': 'It was not done. Try again.',
} as const;

export const actions: Pack<typeof en> = { en, de: async () => (await import('./actions.de')).de };
