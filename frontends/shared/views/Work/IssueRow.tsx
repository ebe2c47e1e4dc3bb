// A work item in a list: what it is about, how it stands, and what can be done with it without leaving the list.
import { type ReactNode, useId, useState } from 'react';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { ActionsFragmentDoc, WorkIssueFragmentDoc } from '../../gql/graphql';
import { ago, moment, t } from '../../i18n';
import { External, IconButton, Lozenge } from '../../ui/kit';
import { useFresh } from '../fresh';
import { IssueActionsLater } from '../IssueActions/later';
import { TONES } from '../IssueActions/tones';
import { useIssueLink } from './link';

export type WorkIssueRef = FragmentType<typeof WorkIssueFragmentDoc>;

/** Leads to the work item's own page, or to Jira where there is none. */
export function IssueLink({
  id,
  url,
  className,
  children,
}: {
  id: string;
  url: string | null | undefined;
  className: string;
  children: ReactNode;
}) {
  const link = useIssueLink();
  return link ? (
    <a className={className} href={link(id)}>
      {children}
    </a>
  ) : (
    <External className={className} href={url}>
      {children}
    </External>
  );
}

export function IssueRow({ issue: ref, sites }: { issue: WorkIssueRef; sites: boolean }) {
  const issue = readFragment(WorkIssueFragmentDoc, ref);
  const { id, key, url, status, assignee } = readFragment(ActionsFragmentDoc, issue);
  const [open, setOpen] = useState(false);
  const part = useId();
  const name = issue.summary ?? key ?? '';
  const detail = [sites ? issue.site.name : null, issue.priority?.name, assignee?.name].filter(Boolean);
  return (
    <li className="row issue-row">
      <div className="row-line">
        <div className="row-text">
          <div className="row-title">
            <span className="key">{key}</span>
            {status ? <Lozenge tone={TONES[status.category]}>{status.name}</Lozenge> : null}
            {issue.updatedAt ? (
              <time className="aside" dateTime={issue.updatedAt} title={moment(issue.updatedAt)}>
                {ago(issue.updatedAt)}
              </time>
            ) : null}
          </div>
          <IssueLink id={id} url={url} className="title">
            {name}
          </IssueLink>
          {detail.length > 0 ? <div className="row-detail">{detail.join(' · ')}</div> : null}
        </div>
        <span className="row-more">
          <IconButton
            icon="chevron"
            label={t('work.actions', { key: key ?? name })}
            expanded={open}
            controls={part}
            onClick={() => setOpen(!open)}
          />
        </span>
      </div>
      {open ? (
        <div className="row-part" id={part}>
          <IssueActionsLater issue={issue} />
        </div>
      ) : null}
    </li>
  );
}

/** The work items that a meeting or task belongs to. */
export function Belongs({ issues }: { issues: readonly WorkIssueRef[] }) {
  if (issues.length === 0) {
    return null;
  }
  return (
    <ul className="belongs" aria-label={t('work.belongs')}>
      {issues.map((issue) => (
        <Belonging key={readFragment(WorkIssueFragmentDoc, issue).id} issue={issue} />
      ))}
    </ul>
  );
}

function Belonging({ issue: ref }: { issue: WorkIssueRef }) {
  const [issue] = useFresh(readFragment(WorkIssueFragmentDoc, ref));
  const { id, key, url, status } = readFragment(ActionsFragmentDoc, issue);
  return (
    <li>
      <IssueLink id={id} url={url} className="belong">
        <span className="key">{key}</span>
        <span className="belong-text">{issue.summary}</span>
        {status ? <Lozenge tone={TONES[status.category]}>{status.name}</Lozenge> : null}
      </IssueLink>
    </li>
  );
}
