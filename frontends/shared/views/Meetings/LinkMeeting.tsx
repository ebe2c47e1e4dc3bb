// Linking a Zoom meeting that exists already, by its number or a link to join it.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { LinkMeetingDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { TextField } from '../../ui/form';
import { useIssue } from '../IssuePanel/context';
import { Form, useFirstField, Wrongly } from './Form';
import { reread, sayHidden } from './made';
import { NotConnected } from './NotConnected';
import type { Place } from './places';
import { useDoing } from './useDoing';

/** A number as people write it, or an address; the gateway knows which addresses have one. */
export function isNamed(text: string): boolean {
  return /^https:\/\/\S+$/.test(text) || /^\d[\d -]{7,22}$/.test(text);
}

export function LinkMeeting({ place, close }: { place: Place; close(): void }) {
  const panel = useIssue();
  const [text, setText] = useState('');
  const [pressed, setPressed] = useState(false);
  const [, link] = useMutation(LinkMeetingDocument);
  const doing = useDoing('ZOOM');
  const form = useRef<HTMLDivElement>(null);
  useFirstField(form);
  const named = isNamed(text.trim());
  const problem = doing.wrong.place;
  const leave = () => {
    doing.leave();
    close();
  };
  const send = async () => {
    setPressed(true);
    if (!named) {
      form.current?.querySelector<HTMLElement>('input')?.focus();
      return;
    }
    let to: string | undefined;
    const done = await doing.pursue(
      (idempotencyKey) => link({ input: { idempotencyKey, issue: panel.id, meeting: text.trim() } }),
      ({ linkMeeting }) => {
        to = linkMeeting.link?.id;
        return linkMeeting.userErrors;
      },
    );
    if (done) {
      close();
      announce(t('meet.linked'));
      sayHidden(panel, await reread(panel, to), t('meet.linked'));
    }
  };
  return (
    <Form
      form={form}
      other={doing.wrong.other}
      unsure={doing.unsure}
      busy={doing.busy}
      action={t('meet.link')}
      doing={t('meet.linking')}
      send={place.usable ? send : undefined}
      close={leave}
    >
      {place.usable ? (
        <>
          <TextField
            label={t('meet.linkLabel')}
            hint={t('meet.linkHint')}
            limit={500}
            required
            value={text}
            error={
              pressed && !named ? t('meet.wrong.link') : problem && !problem.signIn ? problem.text : null
            }
            change={setText}
          />
          {problem?.signIn ? <Wrongly problem={problem} /> : null}
        </>
      ) : (
        <NotConnected source={place.source} />
      )}
    </Form>
  );
}
