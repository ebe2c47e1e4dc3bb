// The work items that belong to the open mail, with what can be done about each.
import { useId, useState } from 'react';
import type { MailPaneQuery } from '../../gql/graphql';
import { t } from '../../i18n';
import { IconButton } from '../../ui/kit';
import { useFresh } from '../fresh';
import { usePane } from './context';
import { cardOf, IssueCard } from './IssueCard';
import { Doing } from './lazily';

type MailIssue = NonNullable<MailPaneQuery['mailContext']>['issues'][number];

export function Issues({ issues }: { issues: readonly MailIssue[] }) {
  const { sites } = usePane();
  return (
    <section className="block" aria-labelledby="issues">
      <header className="block-head">
        <h2 id="issues" tabIndex={-1}>
          {t('mail.issues')}
        </h2>
        {issues.length ? <span className="count">{issues.length}</span> : null}
      </header>
      {issues.length ? (
        <ul className="cards">
          {issues.map((it) => (
            <Belonging key={it.issue.id} belonging={it} open={issues.length === 1} site={sites.length > 1} />
          ))}
        </ul>
      ) : (
        <p className="empty">{t('mail.none')}</p>
      )}
    </section>
  );
}

function Belonging({
  belonging: { issue: listed, via, linkId },
  open: first,
  site,
}: {
  belonging: MailIssue;
  open: boolean;
  site: boolean;
}) {
  const [open, setOpen] = useState(first);
  const [issue, note] = useFresh(listed);
  const id = useId();
  const key = cardOf(issue).key ?? '';
  return (
    <IssueCard
      issue={issue}
      site={site}
      why={t(`mail.via.${via}`)}
      note={note}
      action={
        <IconButton
          icon={open ? 'collapse' : 'chevron'}
          label={t('mail.more', { key })}
          expanded={open}
          controls={id}
          onClick={() => setOpen(!open)}
        />
      }
    >
      <div id={id}>{open ? <Doing issue={issue} linkId={linkId ?? null} /> : null}</div>
    </IssueCard>
  );
}
