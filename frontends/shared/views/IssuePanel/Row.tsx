// A row of any block: its content, and the removal of its link with the question asked in place.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { newKey } from '../../core/key';
import { UnlinkDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button, IconButton } from '../../ui/kit';

interface RowProps {
  name: string;
  link: string | null | undefined;
  children: ReactNode;
  action?: ReactNode;
  /** Takes the focus once, as the first of the rows that were asked for. */
  focus?: boolean;
}

export function Row({ name, link, children, action, focus }: RowProps) {
  const [asking, setAsking] = useState(false);
  const [removed, setRemoved] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (focus && document.hasFocus()) {
      item.current?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
    }
  }, [focus]);
  if (removed) {
    // The cache knows too, but rows of an earlier answer may still be shown.
    return null;
  }
  return (
    <li className={`row${asking ? ' asking' : ''}`} ref={item}>
      <div className="row-line">
        {children}
        {link || action ? (
          <span className="row-end">
            {link ? (
              <span className="row-tools">
                <IconButton
                  icon="unlink"
                  label={t('unlink.action', { name })}
                  expanded={asking}
                  onClick={() => setAsking(!asking)}
                />
              </span>
            ) : null}
            {action}
          </span>
        ) : null}
      </div>
      {asking && link ? (
        <Question link={link} close={() => setAsking(false)} done={() => setRemoved(true)} />
      ) : null}
    </li>
  );
}

function Question({ link, close, done }: { link: string; close(): void; done(): void }) {
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
