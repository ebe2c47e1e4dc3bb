// A meeting of Outlook, Teams or Zoom: when, where, how it stands, and the way in while there is one.

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
import { Details } from '../Meetings/lazily';
import { Start } from '../Meetings/Start';
import { inTime, isCancelled, isNear, phaseOf } from '../Meetings/when';
import type { BlockKind, Drawn } from './block';

type Ref = FragmentType<typeof MeetingPageFragmentDoc>;
export type MeetingNode = MeetingPageFragment['nodes'][number];

const rowOf = (node: MeetingNode) => readFragment(MeetingRowFragmentDoc, node);

export const meetings: BlockKind<Ref, MeetingNode> = {
  name: 'meetings',
  icon: 'calendar',
  provider: 'MICROSOFT',
  read: (ref) => readFragment(MeetingPageFragmentDoc, ref),
  order: (nodes) => [...nodes].sort((one, other) => inTime(rowOf(one), rowOf(other))),
  group: (node) => (phaseOf(rowOf(node)) === 'over' ? 'past' : 'next'),
  row(node) {
    const meeting = rowOf(node);
    const drawn = meetingRow(node);
    const { name } = drawn;
    const past = phaseOf(meeting) === 'over';
    const zoom = meeting.provider === 'ZOOM';
    const starts = zoom && meeting.state === 'SCHEDULED';
    if (node.isHost && starts) {
      drawn.action = <Start id={node.id} name={name} near={isNear(meeting)} />;
    }
    // To change while it is to come; what is left of one that took place, Zoom knows.
    const took = zoom && (!starts || node.occurrences.length > 0);
    if (took || (node.isHost && !past && !isCancelled(meeting))) {
      drawn.opens = {
        label: t('row.details', { name }),
        part: (close) => <Details node={node} name={name} close={close} />,
      };
    }
    return drawn;
  },
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

/** The way in, for as long as there is something to come in to. */
export function Join({ meeting }: { meeting: MeetingRowFragment }) {
  const over = phaseOf(meeting) === 'over' || isCancelled(meeting);
  const url = over ? undefined : safeUrl(meeting.joinUrl);
  if (!url) {
    return null;
  }
  const name = meeting.subject || t('row.noSubject');
  return (
    <a
      className={`button small${isNear(meeting) ? ' primary' : ''}`}
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
  const phase = phaseOf(meeting);
  const cancelled = isCancelled(meeting);
  const day = meeting.startsAt ? sheet(meeting.startsAt) : null;
  const place = [t(`row.meeting.${meeting.provider}`), meeting.organizer?.name || meeting.location];
  return (
    <>
      <span className={`sheet${phase === 'over' ? ' past' : ''}`} aria-hidden="true">
        <span className="sheet-month">{day?.month ?? '–'}</span>
        <span className="sheet-day">{day?.day ?? '–'}</span>
      </span>
      <div className="row-text">
        <div className="row-title">
          <External className={`title${cancelled ? ' struck' : ''}`} href={meeting.webUrl}>
            {name}
          </External>
          {cancelled ? <Lozenge tone="danger">{t('row.cancelled')}</Lozenge> : null}
          {phase === 'running' && !cancelled ? <Lozenge tone="progress">{t('row.now')}</Lozenge> : null}
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
