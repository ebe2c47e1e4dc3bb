// Linking the open mail to a work item: what is suggested, and what is found.
import { useState } from 'react';
import type { MailPaneQuery } from '../../gql/graphql';
import { t } from '../../i18n';
import { Radios, TextField } from '../../ui/form';
import { Button } from '../../ui/kit';
import { Refused } from '../IssueActions/Refused';
import { usePane } from './context';
import { type CardRef, cardOf, IssueCard } from './IssueCard';
import { type Found, useFound } from './useFound';
import { type Scope, useLink } from './useLink';

type Suggestion = NonNullable<MailPaneQuery['mailContext']>['suggestions'][number];

interface LinkIssueProps {
  suggestions: readonly Suggestion[];
  /** Ids of the work items that belong to the mail already. */
  linked: ReadonlySet<string>;
}

export function LinkIssue({ suggestions, linked }: LinkIssueProps) {
  const { sites } = usePane();
  const [typed, setTyped] = useState('');
  const [scope, setScope] = useState<Scope>('mail');
  const found = useFound(typed, sites);
  const several = sites.length > 1;
  return (
    <section className="block" aria-labelledby="link">
      <header className="block-head">
        <h2 id="link" tabIndex={-1}>
          {t('link.title')}
        </h2>
      </header>
      <div className="form link-form">
        <Radios<Scope>
          legend={t('link.what')}
          value={scope}
          choices={[
            { id: 'mail', name: t('link.mail') },
            { id: 'conversation', name: t('link.conversation') },
          ]}
          change={setScope}
        />
        <TextField
          label={t('link.find')}
          hint={typed ? null : t('link.findHint')}
          type="search"
          limit={200}
          value={typed}
          change={setTyped}
        />
      </div>
      {found.at !== 'idle' ? (
        <FoundList found={found}>
          {(it) => (
            <Linkable key={it.id} issue={it} scope={scope} site={several} linked={linked.has(it.id)} />
          )}
        </FoundList>
      ) : suggestions.length > 0 ? (
        <>
          <h3 className="sub-head">{t('link.suggestions')}</h3>
          <ul className="cards">
            {suggestions.map((it) => (
              <Linkable
                key={it.issue.id}
                issue={it.issue}
                scope={scope}
                site={several}
                why={t(`mail.reason.${it.reason}`)}
              />
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}

/** What a search found, or that it found nothing. */
export function FoundList({
  found,
  children,
}: {
  found: Found;
  children(issue: Found['issues'][number]): React.ReactNode;
}) {
  const { at, issues } = found;
  if (issues.length > 0) {
    return (
      <ul className="cards" aria-busy={at === 'searching'}>
        {issues.map(children)}
      </ul>
    );
  }
  return (
    <p className="empty">
      {t(at === 'searching' ? 'link.searching' : at === 'failed' ? 'link.searchFailed' : 'link.nothingFound')}
    </p>
  );
}

function Linkable({
  issue,
  scope,
  site,
  why,
  linked,
}: {
  issue: CardRef & { id: string };
  scope: Scope;
  site: boolean;
  why?: string;
  linked?: boolean;
}) {
  const linking = useLink();
  const card = cardOf(issue);
  const key = card.key ?? '';
  const { made } = linking;
  return (
    <IssueCard
      issue={issue}
      site={site}
      why={linked ? t('mail.via.LINKED') : why}
      action={
        linked && !made ? null : made ? (
          <Button small tone="subtle" busy={linking.busy} onClick={() => linking.unlink(made)}>
            {t('link.undo')}
          </Button>
        ) : (
          <Button
            small
            busy={linking.busy}
            label={t('link.named', { key })}
            onClick={() => linking.link(issue.id, key, scope)}
          >
            {t('link.action')}
          </Button>
        )
      }
    >
      {linking.refusal ? <Refused refusal={linking.refusal} url={card.url} /> : null}
    </IssueCard>
  );
}
