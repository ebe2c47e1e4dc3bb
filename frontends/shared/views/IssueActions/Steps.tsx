// The steps that a person may take with a work item now, read when they are asked for.
import { useEffect, useRef } from 'react';
import { useMutation, useQuery } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import {
  type ActionsFragment,
  IssueStepsDocument,
  type StepsFragment,
  StepsFragmentDoc,
  TransitionIssueDocument,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button, Lozenge, Note } from '../../ui/kit';
import { useIntent } from './intent';
import { Refused } from './Refused';
import { TONES } from './tones';

type Step = NonNullable<StepsFragment['transitions']>[number];

export function Steps({ issue, close }: { issue: ActionsFragment; close(): void }) {
  const [result, again] = useQuery({
    query: IssueStepsDocument,
    variables: { id: issue.id },
    // The steps of yesterday may not be those of today.
    requestPolicy: 'cache-and-network',
  });
  const [, transition] = useMutation(TransitionIssueDocument);
  const intent = useIntent();
  const list = useRef<HTMLUListElement>(null);
  const read = readFragment(StepsFragmentDoc, result.data?.issue);
  const steps = read?.transitions;
  const there = Boolean(steps);
  useEffect(() => {
    if (there && document.hasFocus()) {
      list.current?.querySelector('button')?.focus({ preventScroll: true });
    }
  }, [there]);
  const go = async (step: Step) => {
    const done = await intent.pursue(
      step.id,
      (idempotencyKey) => transition({ input: { idempotencyKey, issue: issue.id, transition: step.id } }),
      (data) => data.transitionIssue.userErrors,
    );
    const key = issue.key ?? '';
    announce(done ? t('act.stepped', { key, status: step.to.name }) : t('act.notDone', { key }));
    if (done) {
      close();
    }
  };
  if (!steps) {
    return result.fetching ? (
      <p className="hint">{t('status.loading')}</p>
    ) : (
      <Note
        tone="warning"
        actions={
          <Button small onClick={() => again({ requestPolicy: 'network-only' })}>
            {t('action.retry')}
          </Button>
        }
      >
        {t('act.stepsFailed')}
      </Note>
    );
  }
  return (
    <>
      {intent.refusal ? <Refused refusal={intent.refusal} url={issue.url} /> : null}
      {steps.length === 0 ? <p className="hint">{t('act.noSteps')}</p> : null}
      <ul className="steps" ref={list}>
        {steps.map((step) => (
          <li key={step.id}>
            <button
              type="button"
              className="step"
              aria-disabled={intent.busy || undefined}
              onClick={() => intent.busy || go(step)}
            >
              <span>{step.name}</span>
              <Lozenge tone={TONES[step.to.category]}>{step.to.name}</Lozenge>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
