// A work item's own page in Teams: the same hub as in Jira, with what can be done with it and whom to talk to.
import { readFragment } from '../../shared/gql/fragment-masking';
import { TalkFragmentDoc } from '../../shared/gql/graphql';
import { t } from '../../shared/i18n';
import { announce } from '../../shared/ui/announcer';
import { Icon } from '../../shared/ui/icons';
import { Button } from '../../shared/ui/kit';
import { IssueActionsLater } from '../../shared/views/IssueActions/later';
import { type Issue, IssuePanel } from '../../shared/views/IssuePanel/IssuePanel';
import { chatAbout, meetingAbout, peopleOf } from './talk';
import type { Teams } from './teams';

export function IssuePage({ id, host, channel }: { id: string; host: Teams; channel: boolean }) {
  const above = (
    <nav className="page-tools">
      <a className="back" href="#/">
        <Icon name="back" />
        {t(channel ? 'issue.backToList' : 'issue.back')}
      </a>
    </nav>
  );
  return (
    <div className="page">
      <IssuePanel
        subject={{ id, key: null }}
        above={above}
        below={(issue) => (
          <IssueActionsLater issue={issue}>
            <Talk issue={issue} host={host} />
          </IssueActionsLater>
        )}
      />
    </div>
  );
}

function Talk({ issue: ref, host }: { issue: Issue; host: Teams }) {
  const issue = readFragment(TalkFragmentDoc, ref);
  const key = issue.key ?? '';
  const people = peopleOf(issue, host.name);
  const topic = [issue.key, issue.summary].filter(Boolean).join(' ');
  const copy = async () => {
    const link = host.linkTo(issue.id, topic);
    if (!link) {
      host.share(issue.id, topic);
      return;
    }
    const done = await copied(link);
    announce(t(done ? 'issue.copied' : 'issue.copyFailed'));
    if (!done) {
      host.share(issue.id, topic);
    }
  };
  return (
    <>
      <Button
        small
        label={t('issue.meetNamed', { key })}
        onClick={() => host.follow(meetingAbout(topic, issue.url, people))}
      >
        {t('issue.meet')}
      </Button>
      {people.length > 0 ? (
        <Button
          small
          label={t('issue.chatNamed', { key })}
          onClick={() => host.follow(chatAbout(topic, issue.url, people))}
        >
          {t('issue.chat')}
        </Button>
      ) : null}
      <Button small label={t('issue.copyLinkNamed', { key })} onClick={copy}>
        {t('issue.copyLink')}
      </Button>
    </>
  );
}

/** Puts a text on the clipboard, which Teams allows in some of its programs only. */
function copied(text: string): Promise<boolean> {
  return (
    navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ) ?? Promise.resolve(false)
  );
}
