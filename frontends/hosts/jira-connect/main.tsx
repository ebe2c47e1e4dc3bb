// The panel on a Jira work item, inside Connect's frame.
import '../../shared/core/schedule';
import '../../shared/ui/skin-atlassian.css';
import { normalised } from '../../shared/core/cache';
import { start } from '../../shared/start';
import { IssueActionsLater } from '../../shared/views/IssueActions/later';
import { IssuePanel } from '../../shared/views/IssuePanel/IssuePanel';
import { dropToken, jira } from './connect';

dropToken();
void start(
  jira,
  async (host) => (
    <IssuePanel
      subject={await host.subject()}
      comments
      below={(issue) => <IssueActionsLater issue={issue} />}
    />
  ),
  normalised(),
);
