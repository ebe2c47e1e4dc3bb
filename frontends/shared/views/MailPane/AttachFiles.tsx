// Files of the open mail, or the whole mail, onto a work item that exists; each file has its own outcome.
import { useMemo, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import {
  AttachedFileFragmentDoc,
  AttachMailDocument,
  MailFilesDocument,
  MailFilesFragmentDoc,
} from '../../gql/graphql';
import { count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Check } from '../../ui/form';
import { Button, Note, Skeleton } from '../../ui/kit';
import { useIntent } from '../IssueActions/intent';
import { Refused } from '../IssueActions/Refused';
import { useMail } from './context';
import { FilePicker, type Outcome } from './FilePicker';
import { chosenAtFirst } from './files';
import { refOf } from './mailbox';

export function AttachFiles({ issue, name, close }: { issue: string; name: string; close(): void }) {
  const mail = useMail();
  const input = useMemo(() => refOf(mail), [mail]);
  const [result, again] = useQuery({ query: MailFilesDocument, variables: { input } });
  const context = readFragment(MailFilesFragmentDoc, result.data?.mailContext);
  const files = context?.mail?.attachments;
  const [picked, setPicked] = useState<string[] | null>(null);
  const [whole, setWhole] = useState(false);
  const [outcomes, setOutcomes] = useState<Record<string, Outcome>>({});
  const [, attach] = useMutation(AttachMailDocument);
  const intent = useIntent();
  if (!result.data && result.fetching) {
    return <Skeleton rows={1} />;
  }
  if (!files) {
    return (
      <Note
        tone="warning"
        actions={
          <Button small busy={result.fetching} onClick={() => again({ requestPolicy: 'network-only' })}>
            {t('action.retry')}
          </Button>
        }
      >
        {t('files.failed')}
      </Note>
    );
  }
  const chosen = picked ?? chosenAtFirst(files);
  const number = chosen.length + (whole ? 1 : 0);
  const send = async () => {
    let failed: string[] = [];
    const done = await intent.pursue(
      `${chosen.join(' ')} ${whole}`,
      (idempotencyKey) =>
        attach({
          input: { idempotencyKey, issue, mail: refOf(mail), attachments: chosen, wholeMail: whole },
        }),
      (data) => {
        const all = data.attachMail.attachments.map((it) => readFragment(AttachedFileFragmentDoc, it));
        failed = all.filter((it) => !it.attachment).map((it) => it.source);
        setOutcomes((before) => ({
          ...before,
          ...Object.fromEntries(all.map((it) => [it.source, it.attachment ? 'done' : 'failed'])),
        }));
        return data.attachMail.userErrors;
      },
    );
    if (done && failed.length === 0) {
      announce(t('files.allDone', { key: name }));
      close();
      return;
    }
    setPicked(chosen.filter((it) => failed.includes(it) || !done));
    announce(t('files.someNotDone'));
  };
  return (
    <div className="form">
      {files.length > 0 ? (
        <FilePicker files={files} chosen={chosen} choose={setPicked} outcome={(id) => outcomes[id] ?? null} />
      ) : (
        <p className="empty">{t('files.none')}</p>
      )}
      <Check checked={whole} change={setWhole}>
        {t('files.whole')}
      </Check>
      {intent.refusal ? <Refused refusal={intent.refusal} /> : null}
      <div className="actions">
        {number > 0 ? (
          <Button small tone="primary" busy={intent.busy} onClick={send}>
            {intent.busy ? t('act.sending') : count('files.send', number)}
          </Button>
        ) : null}
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </div>
    </div>
  );
}
