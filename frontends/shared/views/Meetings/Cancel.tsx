// The question before a meeting of the person's own is cancelled, and its cancellation.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import { CancelMeetingDocument, MeetingRowFragmentDoc } from '../../gql/graphql';
import { span, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Radios } from '../../ui/form';
import { External } from '../../ui/kit';
import { useIssue } from '../IssuePanel/context';
import type { MeetingNode } from '../IssuePanel/Meeting';
import { Form, useFirstField, Wrongly } from './Form';
import { reread } from './made';
import { notify } from './notices';
import { accountOf } from './places';
import { useDoing } from './useDoing';
import { problemOf } from './wrong';

export function Cancel({ node, name, close }: { node: MeetingNode; name: string; close(): void }) {
  const panel = useIssue();
  const meeting = readFragment(MeetingRowFragmentDoc, node);
  const [next] = node.occurrences;
  const [which, setWhich] = useState<'next' | 'all'>('next');
  const [, cancel] = useMutation(CancelMeetingDocument);
  const doing = useDoing(accountOf(meeting.provider));
  const form = useRef<HTMLDivElement>(null);
  useFirstField(form);
  const one = next && which === 'next' ? next : null;
  const leave = () => {
    doing.leave();
    close();
  };
  const send = async () => {
    let missing: string | undefined;
    const done = await doing.pursue(
      (idempotencyKey) =>
        cancel({
          input: {
            idempotencyKey,
            issue: panel.id,
            meeting: node.id,
            ...(one ? { occurrence: one.id } : {}),
          },
        }),
      ({ cancelMeeting: { cancelled, userErrors } }) => {
        missing = userErrors[0]?.code;
        return cancelled ? [] : userErrors;
      },
    );
    if (!done) {
      return;
    }
    close();
    if (missing) {
      const { text } = problemOf({ code: missing, field: ['calendar'], message: '' }, 'ZOOM');
      notify(panel.id, {
        tone: 'warning',
        text: `${t('meet.cancelledPartly', { name })} ${text} ${t('meet.cancelledDo')}`,
        part: () => (
          <External className="button small" href={meeting.webUrl}>
            {t('meet.openOutlook')}
          </External>
        ),
      });
    } else {
      announce(t('meet.cancelled', { name }));
    }
    await reread(panel, undefined);
  };
  const tells = meeting.provider !== 'ZOOM' || meeting.webUrl;
  return (
    <Form
      form={form}
      other={doing.wrong.other}
      unsure={doing.unsure}
      busy={doing.busy}
      action={t('meet.cancelYes')}
      doing={t('meet.cancelling')}
      danger
      send={send}
      close={leave}
    >
      <p className="meeting-question">
        {t('meet.cancelAsk', { name })} {t(tells ? 'meet.cancelTells' : 'meet.cancelTellsNobody')}
      </p>
      {next?.startsAt ? (
        <Radios<'next' | 'all'>
          legend={t('meet.which')}
          value={which}
          choices={[
            { id: 'next', name: t('meet.whichNext', { when: span(next.startsAt, next.endsAt) }) },
            { id: 'all', name: t('meet.whichAll') },
          ]}
          change={setWhich}
        />
      ) : null}
      <Wrongly problem={doing.wrong.place} />
    </Form>
  );
}
