// A meeting of Outlook, Teams or Zoom: when, where, and the way in while it is still to come.

import { safeUrl } from '../../core/safe';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  type MeetingPageFragment,
  MeetingPageFragmentDoc,
  type MeetingRowFragment,
  MeetingRowFragmentDoc,
} from '../../gql/graphql';
import { moment, sheet, span, t } from '../../i18n';
import { External, Lozenge } from '../../ui/kit';
import type { BlockKind, Drawn } from './block';

type Ref = FragmentType<typeof MeetingPageFragmentDoc>;
type Node = MeetingPageFragment['nodes'][number];

export const meetings: BlockKind<Ref, Node> = {
  name: 'meetings',
  icon: 'calendar',
  provider: 'MICROSOFT',
  read: (ref) => readFragment(MeetingPageFragmentDoc, ref),
  row: meetingRow,
};

/** A meeting as a row of any list. */
export function meetingRow(ref: FragmentType<typeof MeetingRowFragmentDoc>): Drawn {
  const meeting = readFragment(MeetingRowFragmentDoc, ref);
  return {
    name: meeting.subject || t('row.noSubject'),
    content: <Meeting meeting={ref} />,
    action: <Join meeting={meeting} />,
  };
}

/** People come a little early. */
const EARLY = 10 * 60_000;

function whenOf(meeting: MeetingRowFragment): { over: boolean; running: boolean } {
  const starts = meeting.startsAt ? Date.parse(meeting.startsAt) : null;
  const ends = meeting.endsAt ? Date.parse(meeting.endsAt) : starts;
  const now = Date.now();
  const over = ends !== null && ends < now;
  return { over, running: starts !== null && !over && starts - EARLY <= now };
}

/** The way in, for as long as there is something to come in to. */
function Join({ meeting }: { meeting: MeetingRowFragment }) {
  const { over, running } = whenOf(meeting);
  const url = over || meeting.cancelled ? undefined : safeUrl(meeting.joinUrl);
  if (!url) {
    return null;
  }
  const name = meeting.subject || t('row.noSubject');
  return (
    <a
      className={`button small${running ? ' primary' : ''}`}
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={t('action.joinNamed', { name })}
    >
      {t('action.join')}
    </a>
  );
}

function Meeting({ meeting: ref }: { meeting: FragmentType<typeof MeetingRowFragmentDoc> }) {
  const meeting = readFragment(MeetingRowFragmentDoc, ref);
  const name = meeting.subject || t('row.noSubject');
  const { over, running } = whenOf(meeting);
  const day = meeting.startsAt ? sheet(meeting.startsAt) : null;
  const place = [t(`row.meeting.${meeting.provider}`), meeting.organizer?.name || meeting.location];
  return (
    <>
      <span className={`sheet${over ? ' past' : ''}`} aria-hidden="true">
        <span className="sheet-month">{day?.month ?? '–'}</span>
        <span className="sheet-day">{day?.day ?? '–'}</span>
      </span>
      <div className="row-text">
        <div className="row-title">
          <External className={`title${meeting.cancelled ? ' struck' : ''}`} href={meeting.webUrl}>
            {name}
          </External>
          {meeting.cancelled ? <Lozenge tone="danger">{t('row.cancelled')}</Lozenge> : null}
          {running && !meeting.cancelled ? <Lozenge tone="progress">{t('row.now')}</Lozenge> : null}
        </div>
        <div className="row-detail">
          {meeting.startsAt ? (
            <time dateTime={meeting.startsAt} title={moment(meeting.startsAt)}>
              {span(meeting.startsAt, meeting.endsAt)}
            </time>
          ) : null}
          <span>{place.filter(Boolean).join(' · ')}</span>
        </div>
      </div>
    </>
  );
}
