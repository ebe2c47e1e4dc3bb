// Beside a mail that is being written: find a work item and put its link where the cursor is.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { troubleOf } from '../../core/trouble';
import { WritingPaneDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { TextField } from '../../ui/form';
import { Button, Note, Skeleton } from '../../ui/kit';
import { subjects } from '../Account/accounts';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { useSpoken } from '../Account/lazily';
import { useSignIn } from '../Account/useSignIn';
import { Accounts } from './Accounts';
import { type Pane, PaneContext, usePane } from './context';
import { type CardRef, cardOf, IssueCard } from './IssueCard';
import { JiraPlacemat, jiraAccount, jiraOf } from './JiraPlacemat';
import { FoundList } from './LinkIssue';
import type { Mailbox } from './mailbox';
import { SignIn } from './SignIn';
import { sitesOf } from './sites';
import { useFound } from './useFound';

export function Writing({ mailbox, forget }: { mailbox: Mailbox; forget(): void }) {
  const [result, execute] = useQuery({ query: WritingPaneDocument });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const spoken = useSpoken(result.data);
  const data = spoken ? result.data : undefined;
  const error = spoken ? result.error : undefined;
  const busy = result.fetching || result.stale || !spoken;
  const [signIn, connect] = useSignIn(reload, busy);
  const account = useMemo(
    () => ({ signIn, me: data ? subjects(data.viewer) : [], connect, forget }),
    [signIn, data, connect, forget],
  );
  const pane = useMemo<Pane>(
    () => ({
      mailbox,
      mail: null,
      sites: data ? sitesOf(data.viewer) : [],
      links: null,
      me: data ? jiraAccount(data.viewer) : null,
      reload,
    }),
    [mailbox, data, reload],
  );
  useEffect(() => {
    document.documentElement.dataset.ready = String(Boolean(data || error));
  }, [data, error]);
  const trouble = error && !data ? troubleOf(error) : null;
  const jira = data ? jiraOf(data.viewer) : null;
  return (
    <AccountContext.Provider value={account}>
      <PaneContext.Provider value={pane}>
        {trouble?.kind === 'sign-in' ? (
          <SignIn mailbox={mailbox} done={reload} />
        ) : (
          <>
            <Accounts
              viewer={data?.viewer ?? null}
              busy={busy}
              reload={reload}
              title={t('mail.titleWriting')}
            />
            {trouble ? (
              <Failure trouble={trouble} busy={busy} retry={reload} />
            ) : jira ? (
              <JiraPlacemat source={jira} />
            ) : data ? (
              <Insert />
            ) : (
              <Skeleton rows={2} />
            )}
          </>
        )}
      </PaneContext.Provider>
    </AccountContext.Provider>
  );
}

function Insert() {
  const { sites } = usePane();
  const [typed, setTyped] = useState('');
  const found = useFound(typed, sites);
  return (
    <section className="block form" aria-label={t('mail.titleWriting')}>
      <p className="hint">{t('insert.hint')}</p>
      <TextField
        label={t('link.find')}
        hint={typed ? null : t('link.findHint')}
        type="search"
        limit={200}
        value={typed}
        change={setTyped}
      />
      {found.at === 'idle' ? null : (
        <FoundList found={found}>
          {(it) => <Insertable key={it.id} issue={it} site={sites.length > 1} />}
        </FoundList>
      )}
    </section>
  );
}

function Insertable({ issue, site }: { issue: CardRef; site: boolean }) {
  const { mailbox } = usePane();
  const [failed, setFailed] = useState(false);
  const card = cardOf(issue);
  const key = card.key ?? '';
  const insert = async () => {
    const text = card.summary ? `${key} ${card.summary}` : key;
    const done = card.url ? await mailbox.insert({ href: card.url, text }) : false;
    setFailed(!done);
    announce(done ? t('insert.done', { key }) : t('insert.failed'));
  };
  return (
    <IssueCard
      issue={issue}
      site={site}
      action={
        <Button small label={t('insert.named', { key })} onClick={insert}>
          {t('insert.action')}
        </Button>
      }
    >
      {failed ? <Note tone="warning">{t('insert.failed')}</Note> : null}
    </IssueCard>
  );
}
