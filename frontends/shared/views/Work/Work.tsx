// A person's day: their work items, today's meetings and open tasks, each with the work items it belongs to.
import { useRef, useState } from 'react';
import { useClient } from 'urql';
import { useHost } from '../../core/host';
import { troubleOf } from '../../core/trouble';
import { readFragment } from '../../gql/fragment-masking';
import {
  MyMeetingsFragmentDoc,
  MyTasksFragmentDoc,
  MyWorkDocument,
  type MyWorkQuery,
  WorkListFragmentDoc,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Button, Note } from '../../ui/kit';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Connections, Placemat } from '../Account/lazily';
import { Tools } from '../Account/Tools';
import { FreshContext, useFreshIssues } from '../fresh';
import type { Source } from '../IssuePanel/block';
import { meetingRow } from '../IssuePanel/Meeting';
import { taskRow } from '../IssuePanel/Task';
import { concernsAccount, shared, standing } from '../standing';
import { useLive } from '../useLive';
import { useOverlay } from '../useOverlay';
import { useRead } from '../useRead';
import { Belongs } from './IssueRow';
import { MyIssues } from './MyIssues';
import { Section, sourcesOf } from './Section';
import { type MyIssues as MyIssuesShown, useMyIssues } from './useMyIssues';
import './work.css';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Work({ hidden = false }: { hidden?: boolean }) {
  const { data, ...view } = useRead(MyWorkDocument, { zone }, 'cache-and-network');
  const { error, busy, reload, account, times } = view;
  const [work, put] = useOverlay(data?.myWork ?? null);
  const [fresh, freshen] = useFreshIssues(data);
  const issues = useMyIssues(work?.assigned ?? null, busy, reload);
  const host = useHost();
  const client = useClient();
  const day = host && work && !hidden ? { ...view, host, client, work, put, freshen, issues, zone } : null;
  const line = useLive(day, view.accounts, async () => (await import('./live')).day);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  return (
    <AccountContext.Provider value={account}>
      <main className="panel work" ref={main}>
        <header className="head-line">
          <h1 tabIndex={-1}>{t('work.title')}</h1>
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
        {error && !data ? <Failure trouble={troubleOf(error)} busy={busy} retry={reload} /> : null}
        {error && data ? (
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
        {error && !data ? null : (
          <FreshContext.Provider value={fresh}>
            <Day key={times} data={data} work={work} issues={issues} busy={busy} reload={reload} />
          </FreshContext.Provider>
        )}
      </main>
      <Announcer />
    </AccountContext.Provider>
  );
}

interface DayProps {
  data: MyWorkQuery | undefined;
  work: MyWorkQuery['myWork'] | null;
  issues: MyIssuesShown;
  busy: boolean;
  reload(): void;
}

function Day({ data, work, issues, busy, reload }: DayProps) {
  const assigned = readFragment(WorkListFragmentDoc, work?.assigned);
  const meetings = readFragment(MyMeetingsFragmentDoc, work?.meetings) ?? null;
  const tasks = readFragment(MyTasksFragmentDoc, work?.tasks) ?? null;
  const jira = assigned ? missing([assigned].flatMap(sourcesOf).filter(isJira)) : null;
  const graph = meetings && tasks ? missing([meetings, tasks].flatMap(sourcesOf).filter(isMicrosoft)) : null;
  const rest = { busy, retry: reload, speaks: isMicrosoft };
  return (
    <div className="columns">
      <div className="column">
        {jira ? (
          <Placemat source={jira} standing={standing(jira)} />
        ) : (
          <MyIssues issues={issues} sites={(data?.viewer.sites.length ?? 0) > 1} />
        )}
      </div>
      <div className="column">
        {graph ? (
          <Placemat source={graph} standing={standing(graph)} />
        ) : (
          <>
            <Section
              {...rest}
              name="today"
              icon="calendar"
              title={t('work.today')}
              empty={t('work.empty.today')}
              list={meetings}
            >
              {(nodes) => (
                <ul className="rows">
                  {nodes.map(({ meeting, issues }) => {
                    const { content, action } = meetingRow(meeting);
                    return (
                      <li className="row" key={meeting.id}>
                        <div className="row-line">
                          {content}
                          {action ? <span className="row-end">{action}</span> : null}
                        </div>
                        <Belongs issues={issues} />
                      </li>
                    );
                  })}
                </ul>
              )}
            </Section>
            <Section
              {...rest}
              name="tasks"
              icon="task"
              title={t('work.tasks')}
              empty={t('work.empty.tasks')}
              list={tasks}
            >
              {(nodes) => (
                <ul className="rows">
                  {nodes.map(({ task, issues }) => (
                    <li className="row" key={task.id}>
                      <div className="row-line">{taskRow(task).content}</div>
                      <Belongs issues={issues} />
                    </li>
                  ))}
                </ul>
              )}
            </Section>
          </>
        )}
      </div>
    </div>
  );
}

const isJira = (source: Source) => source.provider === 'JIRA';
const isMicrosoft = (source: Source) => source.provider === 'MICROSOFT';

/** The source that a placemat stands for: the account is missing, and the same way everywhere. */
function missing(sources: readonly Source[]): Source | null {
  const common = shared(sources.map(standing));
  return common && concernsAccount(common) ? (sources[0] ?? null) : null;
}
