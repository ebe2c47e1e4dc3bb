// A recording: which meeting, when, how long, how large, and whether it asks for a password.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  FileFragmentDoc,
  type RecordingPageFragment,
  RecordingPageFragmentDoc,
  RecordingRowFragmentDoc,
} from '../../gql/graphql';
import { bytes, moment, span, t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { External } from '../../ui/kit';
import { isReady } from '../Transfers/first';
import { Attach } from '../Transfers/lazily';
import type { BlockKind, Drawn } from './block';

type Ref = FragmentType<typeof RecordingPageFragmentDoc>;
type Node = RecordingPageFragment['nodes'][number];

export const recordings: BlockKind<Ref, Node> = {
  name: 'recordings',
  icon: 'video',
  provider: 'ZOOM',
  read: (ref) => readFragment(RecordingPageFragmentDoc, ref),
  row: (node) => {
    const recording = readFragment(RecordingRowFragmentDoc, node);
    const name = recording.topic || t('row.noSubject');
    const drawn: Drawn = { name, content: <Recording recording={node} /> };
    if (readFragment(FileFragmentDoc, recording.files).some(isReady)) {
      drawn.opens = {
        text: t('attach.action'),
        label: t('attach.named', { name }),
        part: (close) => <Attach id={node.id} recording={node} close={close} />,
      };
    }
    return drawn;
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
