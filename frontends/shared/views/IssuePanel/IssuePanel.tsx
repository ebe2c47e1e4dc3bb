// The panel of a work item: everything linked to it, in one read, each block with its own standing.
import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import type { Subject } from '../../core/host';
import { troubleOf } from '../../core/trouble';
import { IssuePanelDocument, type IssuePanelQuery } from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Button, Note } from '../../ui/kit';
import { ConnectionsLater } from '../Account/accounts';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Placemat } from '../Account/Placemat';
import { Tools } from '../Account/Tools';
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
import './panel.css';

export type Issue = NonNullable<IssuePanelQuery['issue']>;

export interface IssuePanelProps {
  subject: Subject;
  /** The host's cache does not know a work item from another, so one part is read again with all of it. */
  whole?: boolean;
  /** Stands above the work item, in hosts where it is one page of several. */
  above?: ReactNode;
  /** Stands below its head: what can be done with it. */
  below?(issue: Issue): ReactNode;
}

export function IssuePanel({ subject, whole = false, above, below }: IssuePanelProps) {
  const { data, error, busy, reload, account, times } = useRead(IssuePanelDocument, { id: subject.id });
  const panel = useMemo(
    () => ({ id: subject.id, whole: whole ? { busy, reload } : null }),
    [subject.id, whole, busy, reload],
  );
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  return (
    <AccountContext.Provider value={account}>
      <IssueContext.Provider value={panel}>
        <main className="panel" ref={main}>
          {above}
          <Content
            key={times}
            subject={subject}
            data={data}
            error={error}
            busy={busy}
            reload={reload}
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
  error: CombinedError | undefined;
  busy: boolean;
  reload(): void;
  below: IssuePanelProps['below'];
}

function Content({ subject, data, error, busy, reload, below }: ContentProps) {
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
      {menu && data ? <ConnectionsLater id="connections" viewer={data.viewer} /> : null}
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
