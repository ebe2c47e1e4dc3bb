// Another subject or another time for a meeting of the person's own. Of a series, the next time is moved by itself.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import { MeetingRowFragmentDoc, UpdateMeetingDocument } from '../../gql/graphql';
import { span, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Radios, TextField } from '../../ui/form';
import { useIssue } from '../IssuePanel/context';
import type { MeetingNode } from '../IssuePanel/Meeting';
import { Form, useFirstField, When, Wrongly } from './Form';
import { reread } from './made';
import { notify } from './notices';
import { accountOf } from './places';
import { LONGEST, wrongTimes } from './Schedule';
import { momentsOf, type Times, timesOf, zone } from './times';
import { useDoing } from './useDoing';
import { problemOf } from './wrong';

interface Timed {
  startsAt?: string | null;
  endsAt?: string | null;
}

/** When it is, as the form has it; null when it has no time of its own. */
function timesIn({ startsAt, endsAt }: Timed): Times | null {
  if (!startsAt) {
    return null;
  }
  const length = endsAt ? (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000 : 30;
  return timesOf(new Date(startsAt), Math.max(1, Math.round(length)));
}

export function Change({ node, close, done }: { node: MeetingNode; close(): void; done(): void }) {
  const panel = useIssue();
  const meeting = readFragment(MeetingRowFragmentDoc, node);
  const zoom = meeting.provider === 'ZOOM';
  const [next] = node.occurrences;
  // As it was when the form was opened: somebody else may change it meanwhile.
  const [was] = useState(() => ({ subject: meeting.subject ?? '', times: timesIn(next ?? meeting) }));
  const [subject, setSubject] = useState(was.subject);
  const [times, setTimes] = useState(was.times);
  const [which, setWhich] = useState<'next' | 'all'>('next');
  const [pressed, setPressed] = useState(false);
  const [, update] = useMutation(UpdateMeetingDocument);
  const doing = useDoing(accountOf(meeting.provider));
  const form = useRef<HTMLDivElement>(null);
  useFirstField(form);
  const { wrong } = doing;
  // An event has its own page in Outlook, also the one beside a Zoom meeting.
  const tells = !zoom || Boolean(meeting.webUrl);
  // Zoom moves the times of a series one by one, and its name is that of all of them.
  const named = !next || which === 'all';
  const timed = Boolean(times) && (!next || which === 'next');
  const moved = timed && times && JSON.stringify(times) !== JSON.stringify(was.times) ? times : null;
  const renamed = named && subject.trim() !== was.subject;
  const checked = {
    subject: named && !subject.trim() ? t('meet.wrong.subject') : null,
    when: moved ? wrongTimes(moved) : null,
  };
  const at = (spot: keyof typeof checked) => (pressed ? checked[spot] : null) ?? wrong[spot]?.text ?? null;
  const leave = () => {
    doing.leave();
    close();
  };
  const send = async () => {
    setPressed(true);
    const moments = moved && momentsOf(moved);
    if (Object.values(checked).some(Boolean)) {
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
      return;
    }
    if (!moments && !renamed) {
      close();
      return;
    }
    let missing: string | undefined;
    const well = await doing.pursue(
      (idempotencyKey) =>
        update({
          input: {
            idempotencyKey,
            issue: panel.id,
            meeting: node.id,
            ...(next && which === 'next' ? { occurrence: next.id } : {}),
            ...(renamed ? { subject: subject.trim() } : {}),
            ...(moments ? { ...moments, ...(zoom ? { timeZone: zone() } : {}) } : {}),
          },
        }),
      ({ updateMeeting: { userErrors } }) => {
        // What is wrong with the calendar alone is wrong after Zoom has it.
        const inCalendar = userErrors.filter((it) => it.field?.includes('calendar'));
        missing = inCalendar[0]?.code;
        return inCalendar.length === userErrors.length ? [] : userErrors;
      },
    );
    if (well) {
      done();
      if (missing) {
        const { text } = problemOf({ code: missing, field: ['calendar'], message: '' }, 'ZOOM');
        notify(panel.id, {
          tone: 'warning',
          text: `${t('meet.changedPartly')} ${text} ${t('meet.changedDo')}`,
        });
      } else {
        announce(t('meet.changed'));
      }
      await reread(panel, undefined);
    }
  };
  return (
    <Form
      form={form}
      other={wrong.other}
      unsure={doing.unsure}
      busy={doing.busy}
      action={t('meet.change')}
      doing={t('meet.changing')}
      send={send}
      close={leave}
    >
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
      <Wrongly problem={wrong.place} />
      {named ? (
        <TextField
          label={t('meet.subject')}
          required
          limit={LONGEST}
          value={subject}
          error={at('subject')}
          change={setSubject}
        />
      ) : null}
      {timed && times ? <When times={times} error={at('when')} change={setTimes} /> : null}
      {tells ? <p className="hint">{t('meet.changeTells')}</p> : null}
    </Form>
  );
}
