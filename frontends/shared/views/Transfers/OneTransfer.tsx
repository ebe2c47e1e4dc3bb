// One recording's file on its way into the work item.
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import { AttachRecordingDocument, CancelTransferDocument, TransferRowFragmentDoc } from '../../gql/graphql';
import { bytes, t, time } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Icon } from '../../ui/icons';
import { Button } from '../../ui/kit';
import { useIntent } from '../IssueActions/intent';
import { useIssue } from '../IssuePanel/context';
import { isUnderWay } from './first';
import type { Transfer } from './transfers';
import { wrongOf } from './wrong';

interface OneTransferProps {
  transfer: Transfer;
  /** The recording and which of its files, as far as the person may see that. */
  name: string;
  /** What it is called in Jira, when it was seen to arrive. */
  file: string | null;
  /** It is not heard how far it is. */
  lost: boolean;
  /** This is how it is now. */
  tell(transfer: Transfer): void;
}

export function OneTransfer({ transfer, name, file, lost, tell }: OneTransferProps) {
  const { state } = transfer;
  const icon = state === 'DONE' ? 'task' : state === 'FAILED' ? 'warning' : 'clip';
  return (
    <li className={`transfer ${state.toLowerCase()}`}>
      <Icon name={icon} />
      <div className="transfer-text">
        <span className="transfer-name">{name}</span>
        {isUnderWay(transfer) ? <Bar transfer={transfer} name={name} /> : null}
        <span className="transfer-state">
          {lost ? <span>{t('live.lost')}</span> : <State transfer={transfer} file={file} />}
        </span>
      </div>
      {transfer.isOwn && state !== 'DONE' ? <Act transfer={transfer} name={name} tell={tell} /> : null}
    </li>
  );
}

/** How much of it is sent: as a bar, and in words for who does not see it. */
function Bar({ transfer: { size, sent }, name }: { transfer: Transfer; name: string }) {
  const value = Math.min(sent, size);
  return (
    <progress
      max={size || 1}
      value={value}
      aria-label={t('transfer.progress', { name })}
      aria-valuetext={ofSize(value, size)}
    />
  );
}

function ofSize(sent: number, size: number): string {
  return t('transfer.of', { sent: bytes(sent, size), size: bytes(size) });
}

/** How it stands, in words. */
function State({ transfer, file }: { transfer: Transfer; file: string | null }) {
  const { state, size, sent, nextTryAt } = transfer;
  switch (state) {
    case 'DONE':
      return <span>{[t('transfer.done'), file, bytes(size)].filter(Boolean).join(' · ')}</span>;
    case 'FAILED':
      return <span>{problemOf(transfer) ?? t('transfer.failed')}</span>;
    case 'CANCELLED':
      return <span>{t('transfer.cancelled')}</span>;
    case 'QUEUED':
      return nextTryAt ? (
        <span>
          {problemOf(transfer)}{' '}
          <time dateTime={nextTryAt}>{t('transfer.next', { time: time(nextTryAt) })}</time>
        </span>
      ) : (
        <span>{t('transfer.waits', { size: bytes(size) })}</span>
      );
    default:
      return transfer.failures > 0 ? (
        <span>{t('transfer.again', { sent: bytes(sent, size), size: bytes(size) })}</span>
      ) : (
        <span>{ofSize(sent, size)}</span>
      );
  }
}

const PROBLEMS = [
  'NOT_READY',
  'RECORDING_GONE',
  'NOT_A_RECORDING',
  'WRONG_LENGTH',
  'FILE_TOO_LARGE',
  'ATTACHMENTS_DISABLED',
  'ISSUE_GONE',
  'FORBIDDEN',
  'REFUSED',
  'ZOOM_NOT_CONNECTED',
  'JIRA_NOT_CONNECTED',
  'ZOOM_UNAVAILABLE',
  'JIRA_UNAVAILABLE',
  'STALLED',
  'OUTCOME_UNKNOWN',
  'NOT_CONFIGURED',
] as const;

/** What is wrong, in the person's language; the gateway's own sentence for what this build does not know. */
function problemOf({ problem }: Transfer): string | null {
  const known = PROBLEMS.find((it) => it === problem?.code);
  return known ? t(`problem.${known}`) : (problem?.message ?? null);
}

/** Stops it, or begins it anew. */
function Act({ transfer, name, tell }: Pick<OneTransferProps, 'transfer' | 'name' | 'tell'>) {
  const panel = useIssue();
  const intent = useIntent();
  const [, cancel] = useMutation(CancelTransferDocument);
  const [, attach] = useMutation(AttachRecordingDocument);
  const runs = isUnderWay(transfer);
  const stop = async () => {
    const done = await intent.pursue(
      'cancel',
      (idempotencyKey) => cancel({ input: { idempotencyKey, transfer: transfer.id } }),
      ({ cancelTransfer }) => {
        if (cancelTransfer.transfer) {
          tell(readFragment(TransferRowFragmentDoc, cancelTransfer.transfer));
        }
        return cancelTransfer.userErrors;
      },
    );
    if (!done) {
      announce(t('transfer.notCancelled'));
    }
  };
  const again = async () => {
    const { recordingId: recording, fileId } = transfer;
    const done = await intent.pursue(
      transfer.endedAt ?? '',
      (idempotencyKey) =>
        // Who began it knew who would see it.
        attach({
          input: { idempotencyKey, issue: panel.id, recording, files: [fileId], audienceAcknowledged: true },
        }),
      ({ attachRecording: { transfers, userErrors } }) => {
        for (const it of transfers) {
          tell(readFragment(TransferRowFragmentDoc, it));
        }
        return userErrors;
      },
    );
    if (!done) {
      announce(t('attach.notBegun'));
    }
  };
  const wrong = wrongOf(intent.refusal, false, { files: true, agreed: true });
  const said = wrong.files ?? wrong.agreed ?? wrong.other;
  return (
    <>
      <Button
        key={runs ? 'cancel' : 'again'}
        small
        tone={runs ? 'subtle' : 'plain'}
        busy={intent.busy}
        label={t(runs ? 'transfer.cancelNamed' : 'transfer.retryNamed', { name })}
        onClick={runs ? stop : again}
      >
        {t(runs ? 'action.cancel' : 'action.retry')}
      </Button>
      {said ? <span className="transfer-wrong">{said}</span> : null}
    </>
  );
}
