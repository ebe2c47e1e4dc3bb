// What happens to the person's work while it is shown: the list that it concerns is read again, and nothing else.
import type { ReactNode } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import {
  type IssueEventKind,
  MeetingEventsDocument,
  MyDayDocument,
  MyListDocument,
  MyMeetingsFragmentDoc,
  MyTasksFragmentDoc,
  MyTodoDocument,
  type MyWorkQuery,
  TaskEventsDocument,
  type WorkIssueFragment,
  WorkIssueFragmentDoc,
  WorkItemDocument,
  WorkListFragmentDoc,
} from '../../gql/graphql';
import { t } from '../../i18n';
import type { Freshen } from '../fresh';
import { issueTopics } from '../live/issues';
import { listening, type View } from '../live/listening';
import { topic } from '../live/live';
import type { Listening } from '../useLive';
import type { MyIssues } from './useMyIssues';

type MyWork = MyWorkQuery['myWork'];

export interface DayView extends View {
  work: MyWork;
  put(parts: Partial<MyWork>): void;
  freshen: Freshen;
  issues: MyIssues;
  zone: string;
}

export function day(get: () => DayView, show: (line: ReactNode) => void): Listening {
  const view = listening(get, show);
  const head = (block: string) => `[data-block="${block}"] .block-head`;

  const issues = view.part(async () => {
    const { issues, put, freshen } = get();
    const data = await view.read(MyListDocument, issues.variables);
    const ref = data?.myWork[issues.which];
    if (!ref) {
      return false;
    }
    const list = readFragment(WorkListFragmentDoc, ref);
    for (const issue of list.nodes) {
      freshen(issue.id, { issue });
    }
    if (issues.first) {
      put({ assigned: ref });
    }
    view.changed(issues.list?.nodes, list.nodes, () => t('work.issues'), head('issues'));
    return true;
  });

  const today = view.part(async () => {
    const { work, put, zone } = get();
    const data = await view.read(MyDayDocument, { zone });
    const meetings = data?.myWork.meetings;
    if (!meetings) {
      return false;
    }
    put({ meetings });
    view.changed(work.meetings, meetings, () => t('work.today'), head('today'));
    return true;
  });

  const tasks = view.part(async () => {
    const { work, put } = get();
    const data = await view.read(MyTodoDocument, {});
    const tasks = data?.myWork.tasks;
    if (!tasks) {
      return false;
    }
    put({ tasks });
    view.changed(work.tasks, tasks, () => t('work.tasks'), head('tasks'));
    return true;
  });

  /** Work items that only meetings and tasks name. */
  const items = new Map<string, () => void>();
  const item = (id: string) => {
    const read = async () => {
      const data = await view.read(WorkItemDocument, { id });
      if (data?.issue) {
        get().freshen(id, { issue: data.issue });
      }
      return Boolean(data?.issue);
    };
    const again = items.get(id) ?? view.part(read);
    items.set(id, again);
    again();
  };

  function take(kind: IssueEventKind, id: string | null): void {
    if (kind === 'GAP' || id === null) {
      view.missed();
      return;
    }
    // It may be in the list from now on, or not any more, and the list has what changed last above.
    issues();
    if (!get().issues.list?.nodes.some((it) => it.id === id)) {
      item(id);
    }
  }

  function shown(): readonly WorkIssueFragment[] {
    const { issues, work } = get();
    const meetings = readFragment(MyMeetingsFragmentDoc, work.meetings);
    const todo = readFragment(MyTasksFragmentDoc, work.tasks);
    const named = [...meetings.nodes, ...todo.nodes].flatMap((it) => it.issues);
    return readFragment(WorkIssueFragmentDoc, [...(issues.list?.nodes ?? []), ...named]);
  }

  function look(): void {
    view.hear([
      ...issueTopics(shown, take),
      // A gap in one of these concerns its own list.
      topic('meetings', MeetingEventsDocument, {}, today),
      topic('tasks', TaskEventsDocument, {}, tasks),
    ]);
  }

  look();
  return { look, close: view.close };
}
