// The panel of a work item: everything linked to it, in one read, each block with its own standing.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
import type { Subject } from '../../core/host';
import { troubleOf } from '../../core/trouble';
import { IssuePanelDocument, type IssuePanelQuery } from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Button, IconButton, Note } from '../../ui/kit';
import { Connections, connectable, subjects } from '../Account/Connections';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Placemat } from '../Account/Placemat';
import { useSignIn } from '../Account/useSignIn';
import { standing } from '../standing';
import { Block } from './Block';
import { chats } from './Chat';
import { IssueContext } from './context';
import { Head } from './Head';
import { layoutOf, ORDER } from './layout';
import { mails } from './Mail';
import { meetings } from './Meeting';
import { recordings } from './Recording';
import { tasks } from './Task';
import './panel.css';

/** Milliseconds after which a panel that comes back into view is read again. */
const STALE = 2 * 60_000;

type Issue = NonNullable<IssuePanelQuery['issue']>;

export function IssuePanel({ subject }: { subject: Subject }) {
  const [result, execute] = useQuery({ query: IssuePanelDocument, variables: { id: subject.id } });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const busy = result.fetching || result.stale;
  const [signIn, connect] = useSignIn(reload, busy);
  // After an account is disconnected nothing read with it stays on the page, not even until the next answer.
  const [forgotten, setForgotten] = useState<{ data?: IssuePanelQuery; times: number }>({ times: 0 });
  const forget = useCallback(() => {
    setForgotten((before) => ({ data: result.data, times: before.times + 1 }));
    reload();
  }, [result.data, reload]);
  const fresh = result.data === forgotten.data ? undefined : result.data;
  const data = useLast(fresh, forgotten.times);
  const account = useMemo(
    () => ({ signIn, me: data ? subjects(data.viewer) : [], connect, forget }),
    [signIn, data, connect, forget],
  );
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  useFreshOnReturn(busy, reload);
  useEffect(() => {
    document.documentElement.dataset.ready = String(Boolean(data || result.error));
  }, [data, result.error]);
  return (
    <AccountContext.Provider value={account}>
      <IssueContext.Provider value={subject.id}>
        <main className="panel" ref={main}>
          <Content
            key={forgotten.times}
            subject={subject}
            data={data}
            error={result.error}
            busy={busy}
            reload={reload}
          />
        </main>
      </IssueContext.Provider>
      <Announcer />
    </AccountContext.Provider>
  );
}

interface ContentProps {
  subject: Subject;
  data: IssuePanelQuery | undefined;
  error: CombinedError | undefined;
  busy: boolean;
  reload(): void;
}

function Content({ subject, data, error, busy, reload }: ContentProps) {
  const [menu, setMenu] = useState(false);
  const issue = data?.issue ?? null;
  if (data && !issue && !error) {
    return (
      <>
        <Title />
        <Note tone="info">{t('trouble.invisible')}</Note>
      </>
    );
  }
  if (error && !issue) {
    return (
      <>
        <Title />
        <Failure trouble={troubleOf(error)} busy={busy} retry={reload} />
      </>
    );
  }
  const accounts = data ? connectable(data.viewer) : [];
  const attention = accounts.some((it) => !['ready', 'connect'].includes(standing(it)));
  const tools = (
    <>
      {accounts.length > 0 ? (
        <IconButton
          icon="plug"
          label={t('menu.connections')}
          mark={attention}
          expanded={menu}
          controls="connections"
          onClick={() => setMenu(!menu)}
        />
      ) : null}
      {/* Until it is there it would only move the others. */}
      {data ? <IconButton icon="refresh" label={t('action.refresh')} busy={busy} onClick={reload} /> : null}
    </>
  );
  return (
    <>
      <Head issue={issue} fallback={subject.key} tools={tools} />
      {menu && data ? <Connections id="connections" viewer={data.viewer} /> : null}
      {issue && error ? <Incomplete error={error} busy={busy} reload={reload} /> : null}
      <Blocks issue={issue} />
    </>
  );
}

/** Names the panel where there is no work item to name it. */
function Title() {
  return (
    <h1 className="unseen" tabIndex={-1}>
      {t('panel.title')}
    </h1>
  );
}

/** Something was read, not all: an old answer is still shown, or a field of the work item is missing. */
function Incomplete({ error, busy, reload }: { error: CombinedError; busy: boolean; reload(): void }) {
  const stale = error.networkError || error.graphQLErrors.every((it) => !it.path);
  return (
    <Note
      tone="warning"
      actions={
        <Button small busy={busy} onClick={reload}>
          {t('action.retry')}
        </Button>
      }
    >
      {t(stale ? 'trouble.stale' : 'head.incomplete')}
    </Note>
  );
}

function Blocks({ issue }: { issue: Issue | null }) {
  const layout = issue
    ? layoutOf({
        mails: mails.read(issue.mails),
        meetings: meetings.read(issue.meetings),
        chats: chats.read(issue.chats),
        tasks: tasks.read(issue.tasks),
        recordings: recordings.read(issue.recordings),
      })
    : { blocks: ORDER.map((name) => ({ name, quiet: false })), placemats: [] };
  const drawn = layout.blocks.map(({ name, quiet }) => {
    switch (name) {
      case 'mails':
        return <Block key={name} kind={mails} page={issue?.mails ?? null} quiet={quiet} />;
      case 'meetings':
        return <Block key={name} kind={meetings} page={issue?.meetings ?? null} quiet={quiet} />;
      case 'chats':
        return <Block key={name} kind={chats} page={issue?.chats ?? null} quiet={quiet} />;
      case 'tasks':
        return <Block key={name} kind={tasks} page={issue?.tasks ?? null} quiet={quiet} />;
      default:
        return <Block key={name} kind={recordings} page={issue?.recordings ?? null} quiet={quiet} />;
    }
  });
  const placemats = layout.placemats.map((it) => <Placemat key={it.source.provider} {...it} />);
  // Two columns where there is room; the first holds mail and meetings, or whatever comes first.
  const left = layout.blocks.filter((it) => it.name === 'mails' || it.name === 'meetings').length;
  const microsoft = layout.placemats.filter((it) => it.source.provider === 'MICROSOFT').length;
  return (
    <div className="columns">
      <div className="column">
        {placemats.slice(0, microsoft)}
        {drawn.slice(0, left)}
      </div>
      <div className="column">
        {drawn.slice(left)}
        {placemats.slice(microsoft)}
      </div>
    </div>
  );
}

/** The last answer that had data: an error never takes away what was shown. */
function useLast<T>(value: T | undefined, times: number): T | undefined {
  const last = useRef({ value, times });
  if (value !== undefined || last.current.times !== times) {
    last.current = { value, times };
  }
  return last.current.value;
}

/** Reads again, quietly, when the panel comes back into view after a while. */
function useFreshOnReturn(busy: boolean, reload: () => void): void {
  const read = useRef(Date.now());
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    if (!busy) {
      read.current = Date.now();
    }
  }, [busy]);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible' && Date.now() - read.current > STALE) {
        read.current = Date.now();
        latest.current();
      }
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
}
