// What is said about changes where they are shown: that there are none to be heard just now, and what came that is not
// shown itself.
import { t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { External } from '../../ui/kit';

export function Lost() {
  return (
    <p className="live-line">
      <Icon name="clock" size={14} />
      {t('live.lost')}
    </p>
  );
}

/** A mail in a conversation that belongs to the work item. */
export function Arrived() {
  return (
    <p className="live-line">
      <Icon name="mail" size={14} />
      {t('live.mail')}
    </p>
  );
}

/** A recording of one of its meetings. */
export function Recorded() {
  return (
    <p className="live-line">
      <Icon name="video" size={14} />
      {t('live.recording')}
    </p>
  );
}

/** A comment that somebody else added; Jira shows it. */
export function Commented({
  name,
  url,
  comment,
}: {
  name: string;
  url: string | null | undefined;
  comment: string;
}) {
  return (
    <p className="live-line">
      <Icon name="chat" size={14} />
      <span>{t('live.comment')}</span>
      {url ? (
        <External href={commentAt(url, comment)}>
          {t('live.showComment')}
          <span className="unseen"> {name}</span>
        </External>
      ) : null}
    </p>
  );
}

/** Where Jira shows one comment of a work item. */
export function commentAt(url: string, comment: string): string {
  return `${url}?focusedCommentId=${encodeURIComponent(comment)}`;
}
