// What can be done with a work item where it is shown: take a step, take it on, say something.
import { type ReactNode, type RefObject, useId, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { ActionsFragmentDoc, AssignIssueDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';
import { useAccount } from '../Account/context';
import { CommentForm } from './CommentForm';
import { useIntent } from './intent';
import { Refused } from './Refused';
import { Steps } from './Steps';
import './actions.css';

export type ActionsRef = FragmentType<typeof ActionsFragmentDoc>;

export function IssueActions({
  issue: ref,
  children,
}: {
  issue: ActionsRef;
  /** More buttons, of the host's own. */
  children?: ReactNode;
}) {
  const issue = readFragment(ActionsFragmentDoc, ref);
  const [open, setOpen] = useState<'steps' | 'comment' | null>(null);
  const { me } = useAccount();
  const id = useId();
  const bar = useRef<HTMLDivElement>(null);
  const [, assign] = useMutation(AssignIssueDocument);
  const taking = useIntent();
  const mine = Boolean(issue.assignee?.accountId && me.includes(issue.assignee.accountId));
  const name = issue.key ?? '';
  const take = async () => {
    const done = await taking.pursue(
      'me',
      (idempotencyKey) => assign({ input: { idempotencyKey, issue: issue.id, me: true } }),
      (data) => data.assignIssue.userErrors,
    );
    announce(t(done ? 'act.assigned' : 'act.notDone', { key: name }));
  };
  const toggle = (what: 'steps' | 'comment') => setOpen(open === what ? null : what);
  const close = () => {
    setOpen(null);
    home(bar, open);
  };
  return (
    <div className="issue-actions">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form's, and this is none. */}
      <div className="actions" role="group" aria-label={t('act.group', { key: name })} ref={bar}>
        <Button
          small
          label={t('act.stepsNamed', { key: name })}
          expanded={open === 'steps'}
          controls={id}
          onClick={() => toggle('steps')}
        >
          {t('act.steps')}
        </Button>
        {mine ? null : (
          <Button small busy={taking.busy} label={t('act.assignNamed', { key: name })} onClick={take}>
            {t('act.assign')}
          </Button>
        )}
        <Button
          small
          label={t('act.commentNamed', { key: name })}
          expanded={open === 'comment'}
          controls={id}
          onClick={() => toggle('comment')}
        >
          {t('act.comment')}
        </Button>
        {children}
      </div>
      {taking.refusal ? <Refused refusal={taking.refusal} url={issue.url} /> : null}
      <div id={id}>
        {open === 'steps' ? <Steps issue={issue} close={close} /> : null}
        {open === 'comment' ? <CommentForm issue={issue.id} name={name} close={close} /> : null}
      </div>
    </div>
  );
}

/** The button that opened the part that closes gets the focus back. */
function home(bar: RefObject<HTMLDivElement | null>, part: 'steps' | 'comment' | null): void {
  const buttons = bar.current?.querySelectorAll<HTMLElement>('button[aria-expanded]');
  buttons?.[part === 'comment' ? 1 : 0]?.focus({ preventScroll: true });
}
