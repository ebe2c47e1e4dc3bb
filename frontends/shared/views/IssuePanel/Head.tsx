// The work item itself: its key, what it is about, how it stands and whose it is.
import type { ReactNode } from 'react';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { HeadFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Avatar, External, Lozenge } from '../../ui/kit';
import { TONES } from '../IssueActions/tones';

interface HeadProps {
  issue: FragmentType<typeof HeadFragmentDoc> | null;
  /** The key as the host told it, for when Jira does not answer. */
  fallback: string | null;
  tools: ReactNode;
}

export function Head({ issue: ref, fallback, tools }: HeadProps) {
  const issue = readFragment(HeadFragmentDoc, ref);
  const assignee = issue?.assignee?.name;
  const key = issue?.key ?? fallback;
  // Without a summary Jira did not answer, so nothing is known of an assignee either.
  const known = assignee ?? (issue?.summary ? t('head.unassigned') : null);
  return (
    <header className="head" aria-busy={!issue}>
      <div className="head-line">
        {key ? (
          <External className="key" href={issue?.url}>
            {key}
          </External>
        ) : (
          <i className="bone key-bone" />
        )}
        {issue?.status ? <Lozenge tone={TONES[issue.status.category]}>{issue.status.name}</Lozenge> : null}
        {issue?.priority ? <span className="priority">{issue.priority.name}</span> : null}
        <span className="head-tools">
          {known ? (
            <span
              className="assignee"
              title={assignee ? t('head.assignee', { name: assignee }) : t('head.unassigned')}
            >
              {assignee ? <Avatar name={assignee} size="small" /> : null}
              <span className="assignee-name">{known}</span>
            </span>
          ) : null}
          {tools}
        </span>
      </div>
      <h1 tabIndex={-1}>{issue ? (issue.summary ?? key) : <Waiting />}</h1>
    </header>
  );
}

function Waiting() {
  return (
    <>
      <span className="unseen">{t('status.loading')}</span>
      <i className="bone summary-bone" />
    </>
  );
}
