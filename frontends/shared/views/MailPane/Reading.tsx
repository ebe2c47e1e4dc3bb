// Beside a mail that is read: its work items, what else might belong to it, and the way to a new one.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useClient, useQuery } from 'urql';
import { troubleOf } from '../../core/trouble';
import { readFragment } from '../../gql/fragment-masking';
import { MailPaneDocument, type MailPaneQuery, SourceFragmentDoc } from '../../gql/graphql';
import { count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button, Note, Skeleton } from '../../ui/kit';
import { standings, subjects } from '../Account/accounts';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { SourceNote, useSpoken } from '../Account/lazily';
import { useSignIn } from '../Account/useSignIn';
import { FreshContext, useFreshIssues } from '../fresh';
import { passes, standing } from '../standing';
import { useLive } from '../useLive';
import { useOverlay } from '../useOverlay';
import { Accounts } from './Accounts';
import { type Pane, PaneContext, usePane } from './context';
import { Issues } from './Issues';
import { JiraPlacemat, jiraAccount, jiraOf } from './JiraPlacemat';
import { LinkIssue } from './LinkIssue';
import { CreateIssue, Doing } from './lazily';
import { keyOf, type Mailbox, type OpenMail, refOf } from './mailbox';
import { SignIn } from './SignIn';
import { sitesOf } from './sites';

type Context = NonNullable<MailPaneQuery['mailContext']>;

/** Mails for which a new work item has been begun; a pinned pane comes back to them. */
const drafts = new Set<string>();

interface ReadingProps {
  mailbox: Mailbox;
  mail: OpenMail;
  /** Begins anew, with nothing that was read before. */
  forget(): void;
}

export function Reading({ mailbox, mail, forget }: ReadingProps) {
  const key = keyOf(mail);
  const input = useMemo(() => refOf(mail), [mail]);
  const [result, execute] = useQuery({
    query: MailPaneDocument,
    variables: { input },
    // A mail that one comes back to is shown at once and read again.
    requestPolicy: 'cache-and-network',
  });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  // The answer for the mail before this one is not shown beside this one.
  const mine = JSON.stringify(result.operation?.variables.input) === JSON.stringify(input);
  const last = useRef<{ key: string; data: MailPaneQuery } | null>(null);
  const spoken = useSpoken(result.data);
  if (mine && spoken && result.data) {
    last.current = { key, data: result.data };
  }
  const answered = last.current?.key === key ? last.current.data : undefined;
  const [context, put] = useOverlay(answered?.mailContext ?? null);
  const data = useMemo(() => answered && { ...answered, mailContext: context }, [answered, context]);
  const [fresh, freshen] = useFreshIssues(answered);
  const busy = result.fetching || result.stale || !spoken;
  const readAt = useRef(Date.now());
  useEffect(() => {
    if (!busy) {
      readAt.current = Date.now();
    }
  }, [busy]);
  const covered = useRef(false);
  const client = useClient();
  const view = { host: mailbox, client, readAt, covered, reload, input, context, put, fresh, freshen };
  const line = useLive(
    data ? view : null,
    `${key} ${data ? standings(data.viewer) : ''}`,
    async () => (await import('./live')).pane,
  );
  const [signIn, connect] = useSignIn(reload, busy);
  const account = useMemo(
    () => ({ signIn, me: data ? subjects(data.viewer) : [], connect, forget }),
    [signIn, data, connect, forget],
  );
  const pane = useMemo<Pane>(
    () => ({
      mailbox,
      mail,
      sites: data ? sitesOf(data.viewer) : [],
      links: data?.mailContext?.issues.flatMap((it) => it.linkId ?? []) ?? null,
      me: data ? jiraAccount(data.viewer) : null,
      reload,
    }),
    [mailbox, mail, data, reload],
  );
  const error = mine && spoken ? result.error : undefined;
  useEffect(() => {
    document.documentElement.dataset.ready = String(Boolean(data || error));
  }, [data, error]);
  useSaid(key, data?.mailContext ?? null);
  const painted = data !== undefined;
  useEffect(() => {
    if (painted) {
      Doing.soon();
      CreateIssue.soon();
    }
  }, [painted]);
  const trouble = error && !data ? troubleOf(error) : null;
  return (
    <AccountContext.Provider value={account}>
      <PaneContext.Provider value={pane}>
        {trouble?.kind === 'sign-in' ? (
          <SignIn mailbox={mailbox} done={reload} />
        ) : trouble ? (
          <>
            <h1 className="unseen" tabIndex={-1}>
              {t('mail.title')}
            </h1>
            <Failure trouble={trouble} busy={busy} retry={reload} />
          </>
        ) : (
          <>
            <Accounts viewer={data?.viewer ?? null} busy={busy} reload={reload} title={t('mail.title')} />
            {error ? (
              <Note
                tone="warning"
                actions={
                  <Button small busy={busy} onClick={reload}>
                    {t('action.retry')}
                  </Button>
                }
              >
                {t('trouble.stale')}
              </Note>
            ) : null}
            {line}
            <FreshContext.Provider value={fresh}>
              <Body key={key} data={data} busy={busy} />
            </FreshContext.Provider>
          </>
        )}
      </PaneContext.Provider>
    </AccountContext.Provider>
  );
}

/** One mail's part of the pane: made anew for the next. */
function Body({ data, busy }: { data: MailPaneQuery | undefined; busy: boolean }) {
  const { mail, reload } = usePaneOfMail();
  const [creating, setCreating] = useState(() => drafts.has(keyOf(mail)));
  const create = useRef<HTMLDivElement>(null);
  const context = useHeldIssues(data?.mailContext ?? null);
  const open = (on: boolean) => {
    drafts[on ? 'add' : 'delete'](keyOf(mail));
    setCreating(on);
  };
  const was = useRef(creating);
  useEffect(() => {
    if (was.current && !creating) {
      // The form that had the focus is gone; its button is where the person came from.
      create.current?.querySelector('button')?.focus({ preventScroll: true });
    }
    was.current = creating;
  }, [creating]);
  const jira = data ? jiraOf(data.viewer) : null;
  if (jira) {
    return <JiraPlacemat source={jira} />;
  }
  if (creating) {
    return <CreateIssue close={() => open(false)} />;
  }
  return (
    <>
      {mail.mailbox ? <p className="hint">{t('mail.shared', { address: mail.mailbox })}</p> : null}
      <div className="create" ref={create}>
        <Button tone="primary" onClick={() => open(true)}>
          {t('mail.create')}
        </Button>
      </div>
      {data?.mailContext ? (
        <Sources context={data.mailContext} held={context !== data.mailContext} busy={busy} reload={reload} />
      ) : null}
      {data ? <Issues issues={context?.issues ?? []} /> : <Waiting />}
      {data ? (
        <LinkIssue
          suggestions={context?.suggestions ?? []}
          linked={new Set(context?.issues.filter((it) => it.linkId).map((it) => it.issue.id))}
        />
      ) : null}
    </>
  );
}

function Waiting() {
  return (
    <section className="block" aria-busy="true">
      <header className="block-head">
        <h2>{t('mail.issues')}</h2>
      </header>
      <span className="unseen">{t('status.loading')}</span>
      <Skeleton rows={3} />
    </section>
  );
}

/** What Microsoft and each site withhold, each said once. */
function Sources({
  context,
  held,
  busy,
  reload,
}: {
  context: Context;
  held: boolean;
  busy: boolean;
  reload(): void;
}) {
  const { sites } = usePaneOfMail();
  const graph = readFragment(SourceFragmentDoc, context.source);
  const jira = context.sources.filter(
    (it) => readFragment(SourceFragmentDoc, it).provider === 'JIRA' && it.site,
  );
  const gone = standing(graph) === 'ready' && context.mail === null;
  const said = { held, retrying: busy, retry: reload };
  return (
    <>
      <SourceNote source={graph} {...said} />
      {gone ? <Note tone="info">{t('mail.gone')}</Note> : null}
      {jira.map((it) => {
        const source = readFragment(SourceFragmentDoc, it);
        const name =
          sites.length > 1 && it.site?.name
            ? t('mail.on', { provider: t('provider.JIRA'), site: it.site.name })
            : undefined;
        return <SourceNote key={it.site?.id} source={source} name={name} {...said} />;
      })}
    </>
  );
}

function usePaneOfMail(): Pane & { mail: OpenMail } {
  return usePane() as Pane & { mail: OpenMail };
}

/** The answer, with the issues of the one before it while the trouble that took some away passes. */
function useHeldIssues(answered: Context | null): Context | null {
  const last = useRef<Context | null>(null);
  if (!answered) {
    return last.current;
  }
  const trouble = answered.sources.some((it) => passes(standing(readFragment(SourceFragmentDoc, it))));
  const kept = last.current;
  const shown =
    trouble && kept && answered.issues.length < kept.issues.length
      ? { ...answered, issues: kept.issues, suggestions: kept.suggestions }
      : answered;
  last.current = shown;
  return shown;
}

/** Says once for each mail how many work items it has. */
function useSaid(key: string, context: Context | null): void {
  const said = useRef<string | null>(null);
  useEffect(() => {
    if (context && said.current !== key) {
      said.current = key;
      announce(count('mail.changed', context.issues.length));
    }
  }, [key, context]);
}
