// Scheduling a meeting about the work item: where, what it is called, when, and who is invited.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import { type MeetingProvider, ScheduleMeetingDocument, TalkFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Check, Radios, TextField } from '../../ui/form';
import { useIssue } from '../IssuePanel/context';
import { Form, useFirstField, When, Wrongly } from './Form';
import { guestsOf, MOST } from './guests';
import { made } from './made';
import { NotConnected } from './NotConnected';
import { accountOf, firstOf, type Place } from './places';
import { momentsOf, proposed, type Times, zone } from './times';
import { useDoing } from './useDoing';

interface Wish {
  place: MeetingProvider;
  subject: string;
  times: Times;
  calendar: boolean;
  guests: string;
}

/** The longest subject that the gateway takes. */
export const LONGEST = 200;
/** Milliseconds for which a meeting may have begun already, while somebody fills in the form. */
const JUST_NOW = 10 * 60_000;

/** Why no meeting can be then; null when one can. */
export function wrongTimes(times: Times): string | null {
  const moments = momentsOf(times);
  if (!moments) {
    return t('meet.wrong.noTime');
  }
  return Date.parse(moments.start) < Date.now() - JUST_NOW ? t('meet.wrong.past') : null;
}

/** What is wrong with the addresses; null when nothing is. */
function wrongGuests(text: string): string | null {
  const { emails, wrong } = guestsOf(text);
  if (wrong.length > 0) {
    return t('meet.wrong.address', { text: wrong[0] ?? '' });
  }
  return emails.length > MOST ? t('meet.wrong.tooMany', { n: MOST }) : null;
}

export function Schedule({ places, close }: { places: readonly Place[]; close(): void }) {
  const panel = useIssue();
  const [wish, setWish] = useState<Wish>(() => {
    const issue = readFragment(TalkFragmentDoc, panel.now.current);
    const subject = [issue?.key, issue?.summary].filter(Boolean).join(' ');
    return {
      place: firstOf(places)?.id ?? 'ZOOM',
      subject: subject.slice(0, LONGEST),
      times: proposed(),
      calendar: false,
      guests: '',
    };
  });
  const [pressed, setPressed] = useState(false);
  const [, schedule] = useMutation(ScheduleMeetingDocument);
  const doing = useDoing(accountOf(wish.place));
  const form = useRef<HTMLDivElement>(null);
  useFirstField(form);
  const change = (part: Partial<Wish>) => setWish({ ...wish, ...part });
  const place = places.find((it) => it.id === wish.place) ?? places[0];
  const zoom = wish.place === 'ZOOM';
  const outlook = places.find((it) => it.id === 'OUTLOOK');
  // Zoom invites nobody: the event that carries its link does.
  const invites = !zoom || (wish.calendar && Boolean(outlook?.usable));
  const checked = {
    subject: wish.subject.trim() ? null : t('meet.wrong.subject'),
    when: wrongTimes(wish.times),
    guests: invites ? wrongGuests(wish.guests) : null,
  };
  const { wrong } = doing;
  const at = (spot: keyof typeof checked) => (pressed ? checked[spot] : null) ?? wrong[spot]?.text ?? null;
  const leave = () => {
    doing.leave();
    close();
  };
  const send = async () => {
    setPressed(true);
    const moments = momentsOf(wish.times);
    if (!moments || Object.values(checked).some(Boolean)) {
      // Drawn first, so that what is wrong is marked.
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
      return;
    }
    const { emails } = guestsOf(wish.guests);
    let link: string | undefined;
    let missing: string | undefined;
    const done = await doing.pursue(
      (idempotencyKey) =>
        schedule({
          input: {
            idempotencyKey,
            issue: panel.id,
            provider: wish.place,
            subject: wish.subject.trim(),
            ...moments,
            timeZone: zone(),
            ...(zoom ? { calendar: invites } : {}),
            ...(invites && emails.length > 0 ? { attendees: emails.map((email) => ({ email })) } : {}),
          },
        }),
      ({ scheduleMeeting: { link: to, userErrors } }) => {
        link = to?.id;
        missing = userErrors[0]?.code;
        return to ? [] : userErrors;
      },
    );
    if (done) {
      close();
      await made(panel, link, missing);
    }
  };
  return (
    <Form
      form={form}
      other={wrong.other}
      unsure={doing.unsure}
      busy={doing.busy}
      action={t('meet.schedule')}
      doing={t('meet.scheduling')}
      send={place?.usable ? send : undefined}
      close={leave}
    >
      {places.length > 1 ? (
        <Radios<MeetingProvider>
          legend={t('meet.where')}
          value={wish.place}
          choices={places.map(({ id }) => ({ id, name: t(`meet.place.${id}`) }))}
          change={(to) => {
            doing.drop();
            change({ place: to });
          }}
        />
      ) : null}
      <Wrongly problem={wrong.place} />
      {place && !place.usable ? (
        <NotConnected source={place.source} />
      ) : (
        <>
          <TextField
            label={t('meet.subject')}
            required
            limit={LONGEST}
            value={wish.subject}
            error={at('subject')}
            change={(subject) => change({ subject })}
          />
          <When times={wish.times} error={at('when')} change={(times) => change({ times })} />
          {zoom && outlook?.usable ? (
            <Check checked={wish.calendar} change={(calendar) => change({ calendar })}>
              {t('meet.calendar')}
            </Check>
          ) : null}
          <Wrongly problem={wrong.calendar} />
          {invites ? (
            <TextField
              label={t('meet.guests')}
              hint={t('meet.guestsHint')}
              rows={2}
              value={wish.guests}
              error={at('guests')}
              change={(guests) => change({ guests })}
            />
          ) : (
            <p className="hint">{t(outlook?.usable ? 'meet.invitesByCalendar' : 'meet.invitesNobody')}</p>
          )}
        </>
      )}
    </Form>
  );
}
