// The open mail as a comment: its text as far as it matters, which the person cuts to size.
import { useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { QuoteMailDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { TextField } from '../../ui/form';
import { Button } from '../../ui/kit';
import { ownComments } from '../Account/context';
import { useIntent } from '../IssueActions/intent';
import { Refused } from '../IssueActions/Refused';
import { useMail, usePane } from './context';
import { refOf } from './mailbox';

/** Characters that Jira takes in a comment. */
const LIMIT = 32_000;

export function QuoteMail({ issue, name, close }: { issue: string; name: string; close(): void }) {
  const { mailbox } = usePane();
  const mail = useMail();
  const [text, setText] = useState<string | null>(null);
  const [, quote] = useMutation(QuoteMailDocument);
  const intent = useIntent();
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let over = false;
    void mailbox.text().then((it) => {
      if (!over) {
        setText((it ?? '').trim().slice(0, LIMIT));
      }
    });
    return () => {
      over = true;
    };
  }, [mailbox]);
  const ready = text !== null;
  useEffect(() => {
    if (ready) {
      form.current?.querySelector('textarea')?.focus({ preventScroll: true });
    }
  }, [ready]);
  if (text === null) {
    return <p className="empty">{t('quote.reading')}</p>;
  }
  const send = async () => {
    const body = text.trim();
    const done = await intent.pursue(
      body,
      (idempotencyKey) => quote({ input: { idempotencyKey, issue, body: body || null, mail: refOf(mail) } }),
      ({ addComment: { comment, userErrors } }) => {
        if (comment) {
          ownComments.add(comment.id);
        }
        return userErrors;
      },
    );
    announce(done ? t('quote.done', { key: name }) : t('quote.failed'));
    if (done) {
      close();
    }
  };
  return (
    <div className="form" ref={form}>
      <TextField
        label={t('quote.label', { key: name })}
        rows={6}
        limit={LIMIT}
        value={text}
        change={setText}
      />
      {intent.refusal ? <Refused refusal={intent.refusal} /> : null}
      <div className="actions">
        <Button small tone="primary" busy={intent.busy} onClick={send}>
          {t(intent.busy ? 'act.sending' : 'quote.send')}
        </Button>
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </div>
    </div>
  );
}
