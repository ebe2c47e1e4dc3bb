// What became of a new work item: it is there, and each file has its own outcome.
import { useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import { type AttachedFileFragment, AttachedFileFragmentDoc, AttachMailDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Icon } from '../../ui/icons';
import { Button, Note } from '../../ui/kit';
import { useIntent } from '../IssueActions/intent';
import { reasonOf } from '../IssueActions/Refused';
import { useMail, usePane } from './context';
import type { MailFile } from './files';
import { type CardRef, cardOf, IssueCard } from './IssueCard';
import { refOf } from './mailbox';

interface Props {
  issue: (CardRef & { id: string }) | null;
  linked: boolean;
  files: AttachedFileFragment[];
  /** Another press had made it. */
  before: boolean;
  names: readonly MailFile[];
  close(): void;
  /** Back to the form, for one more. */
  another(): void;
}

export function Created({ issue, linked, files: first, before, names, close, another }: Props) {
  const mail = useMail();
  const { sites } = usePane();
  const [files, setFiles] = useState(first);
  const [, attach] = useMutation(AttachMailDocument);
  const intent = useIntent();
  const heading = useRef<HTMLHeadingElement>(null);
  const key = issue ? (cardOf(issue).key ?? '') : '';
  const title = t(before ? 'new.before' : 'new.done', { key });
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    announce(title);
  }, [title]);
  const failed = files.filter((it) => !it.attachment);
  const again = async () => {
    if (!issue) {
      return;
    }
    const done = await intent.pursue(
      failed.map((it) => it.source).join(' '),
      (idempotencyKey) =>
        attach({
          input: {
            idempotencyKey,
            issue: issue.id,
            mail: refOf(mail),
            attachments: failed.map((it) => it.source),
            wholeMail: false,
          },
        }),
      (data) => {
        const now = data.attachMail.attachments.map((it) => readFragment(AttachedFileFragmentDoc, it));
        setFiles((before) => before.map((it) => now.find((file) => file.source === it.source) ?? it));
        return data.attachMail.userErrors;
      },
    );
    announce(t(done ? 'files.allDone' : 'files.someNotDone', { key }));
  };
  return (
    <section className="form created" aria-labelledby="created">
      <h2 id="created" tabIndex={-1} ref={heading}>
        <Icon name="task" size={20} />
        {title}
      </h2>
      {issue ? (
        <ul className="cards">
          <IssueCard issue={issue} site={sites.length > 1} />
        </ul>
      ) : null}
      {before ? (
        <Note
          tone="info"
          actions={
            <Button small onClick={another}>
              {t('new.another')}
            </Button>
          }
        >
          {t('new.beforeWhy')}
        </Note>
      ) : null}
      {linked ? null : <Note tone="warning">{t('new.notLinked')}</Note>}
      {files.length > 0 ? (
        <ul className="files">
          {files.map((it) => (
            <li key={it.source}>
              <span className="file-name">
                {it.name ?? names.find((file) => file.id === it.source)?.name}
              </span>
              <span className={`outcome ${it.attachment ? 'done' : 'failed'}`}>
                <Icon name={it.attachment ? 'task' : 'warning'} size={14} />
                {t(it.attachment ? 'files.done' : 'files.notDone')}
              </span>
              {it.userErrors.length > 0 ? (
                <span className="hint">{it.userErrors.map(reasonOf).join(' ')}</span>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      <div className="actions">
        <Button tone="primary" onClick={close}>
          {t('new.close')}
        </Button>
        {failed.length > 0 && issue ? (
          <Button busy={intent.busy} onClick={again}>
            {t('files.again')}
          </Button>
        ) : null}
      </div>
    </section>
  );
}
