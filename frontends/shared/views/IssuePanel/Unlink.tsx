// The question before a link is removed, and its removal.
import { useRef, useState } from 'react';
import { useMutation } from 'urql';
import { newKey } from '../../core/key';
import { UnlinkDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';

export function Unlink({ link, close, done }: { link: string; close(): void; done(): void }) {
  const [{ fetching }, unlink] = useMutation(UnlinkDocument);
  const [failed, setFailed] = useState(false);
  // The same key for every try: a link is removed once, however often the answer gets lost.
  const key = useRef(newKey());
  const remove = async () => {
    setFailed(false);
    const answer = await unlink({ input: { idempotencyKey: key.current, link } });
    if (answer.data?.unlink.unlinked) {
      announce(t('unlink.done'));
      done();
      return;
    }
    setFailed(true);
    announce(t('unlink.failed'));
  };
  return (
    <div className="question">
      <span>{failed ? t('unlink.failed') : t('unlink.ask')}</span>
      <span className="actions">
        <Button small tone="danger" busy={fetching} onClick={remove}>
          {failed ? t('action.retry') : t('unlink.yes')}
        </Button>
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </span>
    </div>
  );
}
