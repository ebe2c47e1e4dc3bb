// A task of Microsoft To Do: what, whether it is done, and by when.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  type TaskPageFragment,
  TaskPageFragmentDoc,
  type TaskRowFragment,
  TaskRowFragmentDoc,
} from '../../gql/graphql';
import { date, day, t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { External } from '../../ui/kit';
import type { BlockKind, Drawn } from './block';

type Ref = FragmentType<typeof TaskPageFragmentDoc>;
type Node = TaskPageFragment['nodes'][number];

export const tasks: BlockKind<Ref, Node> = {
  name: 'tasks',
  icon: 'task',
  provider: 'MICROSOFT',
  read: (ref) => readFragment(TaskPageFragmentDoc, ref),
  row: taskRow,
};

/** A task as a row of any list. */
export function taskRow(ref: FragmentType<typeof TaskRowFragmentDoc>): Drawn {
  const task = readFragment(TaskRowFragmentDoc, ref);
  return { name: task.title || t('row.noSubject'), content: <Task task={ref} /> };
}

function Task({ task: ref }: { task: FragmentType<typeof TaskRowFragmentDoc> }) {
  const task = readFragment(TaskRowFragmentDoc, ref);
  const done = task.status === 'COMPLETED';
  const detail = detailOf(task, done);
  return (
    <>
      <span className={`mark${done ? ' done' : ''}`}>
        <Icon name={done ? 'task' : 'open'} size={18} />
        <span className="unseen">{t(done ? 'row.done' : 'row.open')}</span>
      </span>
      <div className="row-text">
        <div className="row-title">
          <External className={`title${done ? ' struck' : ''}`} href={task.webUrl}>
            {task.title || t('row.noSubject')}
          </External>
          {!done && task.importance?.toLowerCase() === 'high' ? (
            <span className="aside important" title={t('row.important')}>
              <Icon name="important" size={14} />
              <span className="unseen">{t('row.important')}</span>
            </span>
          ) : null}
        </div>
        {detail ? <div className="row-detail">{detail}</div> : null}
      </div>
    </>
  );
}

function detailOf(task: TaskRowFragment, done: boolean) {
  if (done) {
    return task.completedAt ? <span>{t('row.completed', { date: date(task.completedAt) })}</span> : null;
  }
  const status = task.status;
  const word =
    status === 'IN_PROGRESS' || status === 'WAITING_ON_OTHERS' || status === 'DEFERRED'
      ? t(`row.status.${status}`)
      : null;
  // A task is due on a day, not at a time: it is late from the next day on.
  const overdue = task.dueAt ? task.dueAt.slice(0, 10) < today() : false;
  const due = task.dueAt ? (
    <time className={overdue ? 'late' : undefined} dateTime={task.dueAt.slice(0, 10)}>
      {t(overdue ? 'row.overdue' : 'row.due', { date: day(task.dueAt) })}
    </time>
  ) : null;
  return word || due ? (
    <>
      {due}
      {word ? <span>{word}</span> : null}
    </>
  ) : null;
}

/** The person's own day, as To Do writes days. */
function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
