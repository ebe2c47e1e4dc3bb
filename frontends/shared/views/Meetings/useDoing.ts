// Doing one thing with a meeting, once for each opening of its form: a second click, and a try after an answer that got
// lost, carry the same key.
import { useEffect, useRef } from 'react';
import type { OperationResult } from 'urql';
import type { Provider } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { type UserError, useIntent } from '../IssueActions/intent';
import { useIssue } from '../IssuePanel/context';
import { isUnsure, type Wrong, wrongOf } from './wrong';

export interface Doing {
  busy: boolean;
  /** Nobody knows whether it was done. */
  unsure: boolean;
  wrong: Wrong;
  /** True when it is done, and the meetings are on their way to be read again. */
  pursue<Data>(
    run: (key: string) => Promise<OperationResult<Data>>,
    /** Why it was not done; none when it was, whatever is missing of it. */
    errorsOf: (data: Data) => readonly UserError[],
  ): Promise<boolean>;
  /** Something else is wanted: what was said of the one before goes. */
  drop(): void;
  /** Left undone: what became of it is looked at, where nobody knows. */
  leave(): void;
}

export function useDoing(account: Provider): Doing {
  const panel = useIssue();
  const intent = useIntent();
  const under = useRef(false);
  const { refusal } = intent;
  const unsure = isUnsure(refusal);
  const wrong = wrongOf(refusal, account);
  const said = useRef('');
  said.current = Object.values(wrong)
    .map((it) => it.text)
    .join(' ');
  useEffect(() => {
    if (refusal) {
      announce(isUnsure(refusal) ? said.current : `${t('meet.notDone')} ${said.current}`);
    }
  }, [refusal]);
  return {
    busy: intent.busy,
    unsure,
    wrong,
    async pursue(run, errorsOf) {
      if (under.current) {
        return false;
      }
      under.current = true;
      const done = await intent.pursue('it', run, errorsOf);
      under.current = false;
      return done;
    },
    drop: intent.drop,
    leave() {
      if (unsure) {
        void panel.read('meetings');
      }
    },
  };
}
