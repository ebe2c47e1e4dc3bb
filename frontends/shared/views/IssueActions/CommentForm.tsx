// A comment on a work item, written where the work item is shown.
import { type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { AddCommentDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';
import { ownComments } from '../Account/context';
import { useIntent } from './intent';
import { Refused } from './Refused';

/** Characters that Jira takes in a comment. */
const LIMIT = 32_767;

export function CommentForm({ issue, name, close }: { issue: string; name: string; close(): void }) {
  const [text, setText] = useState('');
  const [, add] = useMutation(AddCommentDocument);
  const intent = useIntent();
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const body = text.trim();
  const send = async () => {
    if (!body) {
      field.current?.focus();
      return;
    }
    const done = await intent.pursue(
      body,
      (idempotencyKey) => add({ input: { idempotencyKey, issue, body } }),
      ({ addComment: { comment, userErrors } }) => {
        if (comment) {
          ownComments.add(comment.id);
        }
        return userErrors;
      },
    );
    announce(t(done ? 'act.commented' : 'act.notDone', { key: name }));
    if (done) {
      close();
    }
  };
  return (
    <div className="comment-form">
      <label className="hint" htmlFor={id}>
        {t('act.commentLabel', { key: name })}
      </label>
      <textarea
        id={id}
        ref={field}
        rows={3}
        maxLength={LIMIT}
        value={text}
        onInput={(event: SyntheticEvent<HTMLTextAreaElement>) => setText(event.currentTarget.value)}
      />
      {intent.refusal ? <Refused refusal={intent.refusal} /> : null}
      <div className="actions">
        <Button small tone="primary" busy={intent.busy} onClick={send}>
          {t(intent.busy ? 'act.sending' : 'act.send')}
        </Button>
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </div>
    </div>
  );
}
