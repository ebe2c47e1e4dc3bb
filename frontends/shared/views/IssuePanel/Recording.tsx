// A recording: which meeting, when, how long, how large, and whether it asks for a password.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  type RecordingPageFragment,
  RecordingPageFragmentDoc,
  RecordingRowFragmentDoc,
} from '../../gql/graphql';
import { bytes, moment, span, t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { External } from '../../ui/kit';
import type { BlockKind } from './block';

type Ref = FragmentType<typeof RecordingPageFragmentDoc>;
type Node = RecordingPageFragment['nodes'][number];

export const recordings: BlockKind<Ref, Node> = {
  name: 'recordings',
  icon: 'video',
  provider: 'ZOOM',
  read: (ref) => readFragment(RecordingPageFragmentDoc, ref),
  row: (node) => {
    const recording = readFragment(RecordingRowFragmentDoc, node);
    return { name: recording.topic || t('row.noSubject'), content: <Recording recording={node} /> };
  },
};

function Recording({ recording: ref }: { recording: FragmentType<typeof RecordingRowFragmentDoc> }) {
  const recording = readFragment(RecordingRowFragmentDoc, ref);
  const facts = [
    recording.durationMinutes ? t('row.minutes', { n: recording.durationMinutes }) : null,
    recording.totalSize ? bytes(recording.totalSize) : null,
  ].filter(Boolean);
  return (
    <>
      <span className="still" aria-hidden="true">
        <Icon name="video" />
      </span>
      <div className="row-text">
        <div className="row-title">
          <External className="title" href={recording.shareUrl}>
            {recording.topic || t('row.noSubject')}
          </External>
          {recording.passwordProtected ? (
            <span className="aside" title={t('row.password')}>
              <Icon name="lock" size={14} />
              <span className="unseen">{t('row.password')}</span>
            </span>
          ) : null}
        </div>
        <div className="row-detail">
          {recording.startedAt ? (
            <time dateTime={recording.startedAt} title={moment(recording.startedAt)}>
              {span(recording.startedAt, null)}
            </time>
          ) : null}
          {facts.length ? <span>{facts.join(' · ')}</span> : null}
        </div>
      </div>
    </>
  );
}
