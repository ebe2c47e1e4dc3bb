// Which files of a recording are attached to the work item, with the warning that more people will see them then.
import { useEffect, useRef, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  AttachmentLimitsDocument,
  AttachRecordingDocument,
  FileFragmentDoc,
  HeadFragmentDoc,
  RecordingRowFragmentDoc,
  TransferRowFragmentDoc,
} from '../../gql/graphql';
import { bytes, count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Check, Group } from '../../ui/form';
import { Button, Note } from '../../ui/kit';
import { useIntent } from '../IssueActions/intent';
import { useIssue } from '../IssuePanel/context';
import { choices, chosenAtFirst, type File, fits, ways } from './files';
import { isReady, isUnderWay } from './first';
import { nameOf } from './names';
import { withNew } from './transfers';
import { wrongOf } from './wrong';

export interface AttachProps {
  id: string;
  recording: FragmentType<typeof RecordingRowFragmentDoc>;
  close(): void;
}

export function Attach({ id, recording: ref, close }: AttachProps) {
  const panel = useIssue();
  const recording = readFragment(RecordingRowFragmentDoc, ref);
  const files = choices(readFragment(FileFragmentDoc, recording.files));
  const [{ data }] = useQuery({ query: AttachmentLimitsDocument, variables: { id: panel.id } });
  const limits = data?.issue?.attachmentLimits;
  const limit = limits?.largest ?? null;
  const known = readFragment(TransferRowFragmentDoc, panel.now.current?.transfers ?? []);
  const taken = ways(known.filter((it) => it.state === 'DONE' || isUnderWay(it)));
  const [picked, setPicked] = useState<string[] | null>(null);
  const [agreed, setAgreed] = useState(false);
  const [pressed, setPressed] = useState(false);
  const [, attach] = useMutation(AttachRecordingDocument);
  const intent = useIntent();
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.hasFocus()) {
      form.current?.querySelector<HTMLElement>('input:not(:disabled)')?.focus({ preventScroll: true });
    }
  }, []);
  const can = (it: File) => isReady(it) && fits(it, limit);
  const chosen =
    picked?.filter((id) => files.some((it) => it.id === id && can(it))) ??
    chosenAtFirst(files, limit, (it) => taken.has(it.id));
  const wrong = wrongOf(intent.refusal, pressed, { files: chosen.length > 0, agreed });
  const send = async () => {
    setPressed(true);
    if (chosen.length === 0 || !agreed) {
      form.current?.querySelector<HTMLElement>(chosen.length ? '.audience input' : 'input')?.focus();
      return;
    }
    const done = await intent.pursue(
      chosen.join(' '),
      (idempotencyKey) =>
        attach({
          input: {
            idempotencyKey,
            issue: panel.id,
            recording: id,
            files: chosen,
            audienceAcknowledged: true,
          },
        }),
      ({ attachRecording: { transfers, userErrors } }) => {
        if (transfers.length > 0) {
          panel.put({ transfers: withNew(panel.now.current?.transfers, transfers) });
        }
        return userErrors;
      },
    );
    if (done) {
      close();
    } else {
      announce(t('attach.notBegun'));
    }
  };
  const name = panel.now.current ? readFragment(HeadFragmentDoc, panel.now.current).key : null;
  if (limits?.enabled === false || !files.some(isReady)) {
    return <Note tone="info">{t(limits?.enabled === false ? 'attach.disabled' : 'attach.none')}</Note>;
  }
  const size = files.filter((it) => chosen.includes(it.id)).reduce((sum, it) => sum + (it.size ?? 0), 0);
  return (
    <div className="form attach" ref={form}>
      <Group legend={t('attach.files')} error={wrong.files}>
        {files.map((it) => (
          <Choice
            key={it.id}
            file={it}
            name={nameOf(it, files)}
            note={noteOf(it, limit, taken.get(it.id))}
            can={can(it)}
            checked={chosen.includes(it.id)}
            change={(on) => setPicked(on ? [...chosen, it.id] : chosen.filter((other) => other !== it.id))}
          />
        ))}
        <p className="hint">
          {size > 0 ? t('attach.chosen', { size: bytes(size) }) : null}
          {limit ? ` ${t('attach.limit', { limit: bytes(limit) })}` : null}
        </p>
      </Group>
      <Note tone="warning" icon="lock">
        <p>
          {t('attach.audience', { key: name ?? '' })}
          {recording.passwordProtected ? ` ${t('attach.passcode')}` : null}
        </p>
        <div className="audience">
          <Check checked={agreed} change={setAgreed} error={wrong.agreed}>
            {t('attach.acknowledge')}
          </Check>
        </div>
      </Note>
      {wrong.other ? <Note tone="warning">{wrong.other}</Note> : null}
      <div className="actions">
        <Button small tone="primary" busy={intent.busy} onClick={send}>
          {intent.busy
            ? t('attach.sending')
            : chosen.length > 0
              ? count('attach.send', chosen.length)
              : t('attach.sendNone')}
        </Button>
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </div>
    </div>
  );
}

function Choice({
  file,
  name,
  note,
  can,
  checked,
  change,
}: {
  file: File;
  name: string;
  note: string | null;
  can: boolean;
  checked: boolean;
  change(on: boolean): void;
}) {
  return (
    <Check checked={checked && can} disabled={!can} change={change}>
      <span className="file-kind">{name}</span>
      <span className="file-size">
        {[file.size ? bytes(file.size) : null, note].filter(Boolean).join(' · ')}
      </span>
    </Check>
  );
}

/** What has to be known of a file before it is chosen. */
function noteOf(file: File, limit: number | null, way: string | undefined): string | null {
  if (way) {
    return t(way === 'DONE' ? 'attach.attached' : 'attach.underWay');
  }
  return isReady(file) ? (fits(file, limit) ? null : t('attach.tooLarge')) : t('attach.notReady');
}
