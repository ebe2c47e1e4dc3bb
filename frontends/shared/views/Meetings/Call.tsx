// A call that begins now: a meeting that is made at once, linked, and open to whoever sees the work item.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { type MeetingProvider, StartCallDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { Radios } from '../../ui/form';
import { useIssue } from '../IssuePanel/context';
import { Join } from '../IssuePanel/Meeting';
import { Form, useFirstField, Wrongly } from './Form';
import { reread } from './made';
import { NotConnected } from './NotConnected';
import { notify } from './notices';
import { accountOf, firstOf, type Place } from './places';
import { Start } from './Start';
import { useDoing } from './useDoing';

export function Call({ places, close }: { places: readonly Place[]; close(): void }) {
  const panel = useIssue();
  const [at, setAt] = useState<MeetingProvider>(firstOf(places)?.id ?? 'ZOOM');
  const [, begin] = useMutation(StartCallDocument);
  const doing = useDoing(accountOf(at));
  const form = useRef<HTMLDivElement>(null);
  useFirstField(form);
  const place = places.find((it) => it.id === at) ?? places[0];
  const leave = () => {
    doing.leave();
    close();
  };
  const send = async () => {
    let link: string | undefined;
    const done = await doing.pursue(
      (idempotencyKey) => begin({ input: { idempotencyKey, issue: panel.id, provider: at } }),
      ({ startCall: { link: to, userErrors } }) => {
        link = to?.id;
        return to ? [] : userErrors;
      },
    );
    if (!done) {
      return;
    }
    close();
    const call = await reread(panel, link);
    notify(panel.id, {
      tone: 'info',
      text: t(call ? 'meet.called' : 'meet.calledUnseen'),
      ...(call
        ? {
            part: () =>
              at === 'ZOOM' ? (
                <Start id={call.id} name={call.row.subject || t('row.noSubject')} near />
              ) : (
                <Join meeting={call.row} />
              ),
          }
        : {}),
    });
  };
  return (
    <Form
      form={form}
      other={doing.wrong.other}
      unsure={doing.unsure}
      busy={doing.busy}
      action={t('meet.call')}
      doing={t('meet.calling')}
      send={place?.usable ? send : undefined}
      close={leave}
    >
      {places.length > 1 ? (
        <Radios<MeetingProvider>
          legend={t('meet.where')}
          value={at}
          choices={places.map(({ id }) => ({ id, name: t(`meet.place.${id}`) }))}
          change={(to) => {
            doing.drop();
            setAt(to);
          }}
        />
      ) : null}
      <Wrongly problem={doing.wrong.place} />
      {place && !place.usable ? (
        <NotConnected source={place.source} />
      ) : (
        <p className="hint">{t('meet.callHint')}</p>
      )}
    </Form>
  );
}
