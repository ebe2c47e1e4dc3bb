// A work item in the pane: what it is, how it stands, and why it is here.
import type { ReactNode } from 'react';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { type IssueCardFragment, IssueCardFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Avatar, External, Lozenge } from '../../ui/kit';
import { TONES } from '../IssueActions/tones';

export type CardRef = FragmentType<typeof IssueCardFragmentDoc>;

export function cardOf(ref: CardRef): IssueCardFragment {
  return readFragment(IssueCardFragmentDoc, ref);
}

export function IssueCard({
  issue: ref,
  why,
  site,
  action,
  note,
  children,
}: {
  issue: CardRef;
  /** Why it is here, in a few words. */
  why?: string | null;
  /** Names the site, where a person has several. */
  site: boolean;
  /** What can be done at once. */
  action?: ReactNode;
  /** What came to it meanwhile. */
  note?: ReactNode;
  children?: ReactNode;
}) {
  const issue = cardOf(ref);
  const assignee = issue.assignee?.name;
  return (
    <li className="card" data-key={issue.key}>
      <div className="card-line">
        <External className="key" href={issue.url}>
          {issue.key}
        </External>
        {issue.status ? <Lozenge tone={TONES[issue.status.category]}>{issue.status.name}</Lozenge> : null}
        {action ? <span className="card-end">{action}</span> : null}
      </div>
      <div className="card-summary">{issue.summary}</div>
      <div className="card-detail">
        <span className="card-person">
          {assignee ? <Avatar name={assignee} size="small" /> : null}
          <span>{assignee ?? t('head.unassigned')}</span>
        </span>
        {site && issue.site.name ? <span>{issue.site.name}</span> : null}
        {why ? <span className="why">{why}</span> : null}
      </div>
      {note}
      {children}
    </li>
  );
}
