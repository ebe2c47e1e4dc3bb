// The work items of a channel: one filter for everyone, answered with each viewer's own rights.
import { useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient, useQuery } from 'urql';
import { useHost } from '../../core/host';
import { troubleOf } from '../../core/trouble';
import { readFragment } from '../../gql/fragment-masking';
import {
  ChannelIssuesDocument,
  type ChannelIssuesQuery,
  ConnectionsFragmentDoc,
  type SourceFragment,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Button, Note, Skeleton } from '../../ui/kit';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Connections, Placemat, SignInActions } from '../Account/lazily';
import { Tools } from '../Account/Tools';
import { concernsAccount, standing } from '../standing';
import { useLive } from '../useLive';
import { useOverlay } from '../useOverlay';
import { useRead } from '../useRead';
import { IssueRow } from '../Work/IssueRow';
import '../Work/work.css';

export interface ChannelProps {
  title: string | null;
  site: string | null;
  jql: string;
}

export function Channel({ title, site, jql, hidden = false }: ChannelProps & { hidden?: boolean }) {
  const { data, ...view } = useRead(ChannelIssuesDocument, { jql, site }, 'cache-and-network');
  const { error, busy, reload, account, times } = view;
  const [shown, put] = useOverlay(data ?? null);
  const host = useHost();
  const client = useClient();
  const live = host && shown && !hidden ? { ...view, host, client, shown, put, jql, site } : null;
  const line = useLive(live, view.accounts, async () => (await import('./live')).channel);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  return (
    <AccountContext.Provider value={account}>
      <main className="panel work" ref={main}>
        <header className="head-line">
          <h1 tabIndex={-1}>{title || t('channel.title')}</h1>
          <span className="head-tools">
            <Tools
              viewer={data?.viewer}
              open={menu}
              toggle={() => setMenu(!menu)}
              busy={busy}
              reload={data ? reload : undefined}
            />
          </span>
        </header>
        {menu && data ? <Connections id="connections" viewer={data.viewer} /> : null}
        {line}
        {error && !data ? (
          <Failure trouble={troubleOf(error)} busy={busy} retry={reload} />
        ) : (
          <Found
            key={times}
            data={shown ?? undefined}
            error={error}
            busy={busy}
            reload={reload}
            jql={jql}
            site={site}
          />
        )}
      </main>
      <Announcer />
    </AccountContext.Provider>
  );
}

interface FoundProps {
  data: ChannelIssuesQuery | undefined;
  error: CombinedError | undefined;
  busy: boolean;
  reload(): void;
  jql: string;
  site: string | null;
}

function Found({ data, error, busy, reload, jql, site }: FoundProps) {
  const last = useRef<Page | null>(null);
  const jira = jiraOf(data);
  if (data && jira && concernsAccount(standing(jira))) {
    return <Placemat source={jira} standing={standing(jira)} />;
  }
  // An answer without the list is trouble: what was shown before stays.
  last.current = data?.issues ?? last.current;
  const page = last.current;
  return (
    <>
      {data && error ? <Why error={error} busy={busy} reload={reload} /> : null}
      {!data ? (
        <section className="card">
          <Skeleton rows={4} />
        </section>
      ) : page && page.nodes.length > 0 ? (
        <section className="block card" aria-label={t('channel.title')}>
          <ul className="rows">
            {page.nodes.map((issue) => (
              <IssueRow key={issue.id} issue={issue} sites={false} />
            ))}
            <More page={page} jql={jql} site={site} />
          </ul>
        </section>
      ) : page ? (
        <p className="empty">{t('channel.empty')}</p>
      ) : null}
    </>
  );
}

/** Why there is no list, or why it is an old one. */
function Why({ error, busy, reload }: { error: CombinedError; busy: boolean; reload(): void }) {
  const code = String(error.graphQLErrors.find((it) => it.path?.[0] === 'issues')?.extensions.code ?? '');
  const again = (
    <Button small busy={busy} onClick={reload}>
      {t('action.retry')}
    </Button>
  );
  switch (code) {
    case 'BAD_USER_INPUT':
      return <Note tone="warning">{t('channel.badFilter')}</Note>;
    case 'FORBIDDEN':
    case 'NOT_FOUND':
    case 'NOT_CONNECTED':
    case 'REAUTH_REQUIRED':
      return (
        <Note
          tone="info"
          icon="lock"
          actions={
            <SignInActions
              small
              provider="JIRA"
              standing={code === 'REAUTH_REQUIRED' ? 'reauth' : 'connect'}
            />
          }
        >
          {t('channel.noSite')}
        </Note>
      );
    case 'UPSTREAM_UNAVAILABLE':
    case 'UPSTREAM_TIMEOUT':
      return (
        <Note tone="warning" actions={again}>
          {t('channel.jiraDown')}
        </Note>
      );
    default:
      return (
        <Note tone="warning" actions={again}>
          {error.networkError ? t('trouble.stale') : t('channel.failed')}
        </Note>
      );
  }
}

type Page = NonNullable<ChannelIssuesQuery['issues']>;

function More({ page, jql, site }: { page: Page; jql: string; site: string | null }) {
  const [open, setOpen] = useState(false);
  const after = page.pageInfo.endCursor;
  const [result, again] = useQuery({
    query: ChannelIssuesDocument,
    variables: { jql, site, after },
    pause: !open,
  });
  const last = useRef<Page | null>(null);
  const before = useRef(page);
  useEffect(() => {
    // The page before this one was read again: what has left it at its end is here now.
    if (before.current !== page) {
      before.current = page;
      if (open) {
        again({ requestPolicy: 'network-only' });
      }
    }
  }, [page, open, again]);
  if (!page.pageInfo.hasNextPage || !after) {
    return null;
  }
  // What is shown stays until its successor is there.
  last.current = result.data?.issues ?? last.current;
  const next = last.current;
  return next ? (
    <>
      {next.nodes.map((issue) => (
        <IssueRow key={issue.id} issue={issue} sites={false} />
      ))}
      <More page={next} jql={jql} site={site} />
    </>
  ) : (
    <li className="more">
      <Button small tone="subtle" busy={open && result.fetching} onClick={() => setOpen(true)}>
        {t(open && result.fetching ? 'action.moreLoading' : 'action.more')}
      </Button>
    </li>
  );
}

/** How the viewer stands with Jira, as a source that a placemat can speak of. */
export function jiraOf(data: Pick<ChannelIssuesQuery, 'viewer'> | undefined): SourceFragment | null {
  const viewer = readFragment(ConnectionsFragmentDoc, data?.viewer);
  const jira = viewer?.connections?.find((it) => it.provider === 'JIRA');
  const rest = { retryAfter: null, missingScopes: [], adminConsentUrl: null, claims: null };
  return jira ? { __typename: 'SourceStatus', provider: 'JIRA', state: jira.state, ...rest } : null;
}
