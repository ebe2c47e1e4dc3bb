// The panel of a work item: everything linked to it, in one read, each block with its own standing.
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { type Subject, useHost } from '../../core/host';
import { troubleOf } from '../../core/trouble';
import { readFragment } from '../../gql/fragment-masking';
import { IssuePanelDocument, type IssuePanelQuery, TransferRowFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Button, Note } from '../../ui/kit';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Connections, Placemat } from '../Account/lazily';
import { Tools } from '../Account/Tools';
import { MeetingActions } from '../Meetings/lazily';
import { isUnderWay } from '../Transfers/first';
import { TransferList } from '../Transfers/lazily';
import { useLive } from '../useLive';
import { useRead } from '../useRead';
import { Block } from './Block';
import { chats } from './Chat';
import { IssueContext } from './context';
import { Head } from './Head';
import { layoutOf, ORDER } from './layout';
import { mails } from './Mail';
import { meetings } from './Meeting';
import { recordings } from './Recording';
import { tasks } from './Task';
import { type Shown, useParts } from './useParts';
import './panel.css';

export type Issue = NonNullable<IssuePanelQuery['issue']>;

export interface IssuePanelProps {
  subject: Subject;
  /** The host shows comments itself, and whoever adds one sees it there. */
  comments?: boolean;
  /** Stands above the work item, in hosts where it is one page of several. */
  above?: ReactNode;
  /** Stands below its head: what can be done with it. */
  below?(issue: Issue): ReactNode;
}

export function IssuePanel({ subject, comments = false, above, below }: IssuePanelProps) {
  const { id } = subject;
  const { data, ...view } = useRead(IssuePanelDocument, { id });
  const { error, busy, reload, times } = view;
  const [issue, read, put] = useParts(id, data?.issue ?? null, times);
  const now = useRef(issue);
  now.current = issue;
  const again = useRef<(() => void) | null>(null);
  const panel = useMemo(() => ({ id, read, put, now, again }), [id, read, put]);
  const host = useHost();
  const client = useClient();
  const hub = host && issue ? { ...view, host, client, id, issue, read, again, comments } : null;
  const line = useLive(hub, `${id} ${view.accounts}`, async () => (await import('./live')).hub);
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  return (
    <AccountContext.Provider value={view.account}>
      <IssueContext.Provider value={panel}>
        <main className="panel" ref={main}>
          {above}
          <Content
            key={times}
            subject={subject}
            data={data}
            issue={issue}
            error={error}
            busy={busy}
            reload={reload}
            line={line}
            below={below}
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
  issue: Shown | null;
  error: CombinedError | undefined;
  busy: boolean;
  reload(): void;
  /** How it stands with what changes meanwhile. */
  line: ReactNode;
  below: IssuePanelProps['below'];
}

function Content({ subject, data, issue, error, busy, reload, line, below }: ContentProps) {
  const [menu, setMenu] = useState(false);
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
  const tools = (
    <Tools
      viewer={data?.viewer}
      open={menu}
      toggle={() => setMenu(!menu)}
      busy={busy}
      reload={data ? reload : undefined}
    />
  );
  return (
    <>
      <Head issue={issue} fallback={subject.key} tools={tools} />
      {issue ? below?.(issue) : null}
      {line}
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

function Blocks({ issue }: { issue: Shown | null }) {
  const carried = Boolean(issue?.transfers?.length);
  const before = useRef<boolean | null>(null);
  before.current ??= issue ? carried : null;
  const layout = issue
    ? layoutOf(
        {
          mails: mails.read(issue.mails),
          meetings: meetings.read(issue.meetings),
          chats: chats.read(issue.chats),
          tasks: tasks.read(issue.tasks),
          recordings: recordings.read(issue.recordings),
        },
        readFragment(TransferRowFragmentDoc, issue.transfers)?.some(isUnderWay),
      )
    : { blocks: ORDER.map((name) => ({ name, quiet: false })), placemats: [] };
  const drawn = layout.blocks.map(({ name, quiet }) => {
    switch (name) {
      case 'mails':
        return <Block key={name} kind={mails} page={issue?.mails ?? null} quiet={quiet} />;
      case 'meetings':
        return (
          <Block
            key={name}
            kind={meetings}
            page={issue?.meetings ?? null}
            quiet={quiet}
            below={issue ? <MeetingActions issue={issue} /> : null}
          />
        );
      case 'chats':
        return <Block key={name} kind={chats} page={issue?.chats ?? null} quiet={quiet} />;
      case 'tasks':
        return <Block key={name} kind={tasks} page={issue?.tasks ?? null} quiet={quiet} />;
      default:
        return (
          <Block
            key={name}
            kind={recordings}
            page={issue?.recordings ?? null}
            quiet={quiet}
            below={issue && carried ? <TransferList issue={issue} since={!before.current} /> : null}
          />
        );
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
