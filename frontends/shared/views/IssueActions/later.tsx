// The actions with their texts, for views that have enough to load without them.
import { addTexts } from '../../i18n';
import { later } from '../../ui/later';
import './actions.css';

export const IssueActionsLater = later(async () => {
  const [{ IssueActions }, { actions }] = await Promise.all([
    import('./IssueActions'),
    import('../../i18n/actions'),
  ]);
  await addTexts(actions);
  return IssueActions;
});
