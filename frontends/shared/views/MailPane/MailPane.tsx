// The pane of a mail program: follows what is shown there, mail by mail, and is never blank meanwhile.
import { useCallback, useEffect, useRef, useState } from 'react';
import { cacheExchange, Provider } from 'urql';
import { makeClient } from '../../core/client';
import { t } from '../../i18n';
import { Announcer } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Icon } from '../../ui/icons';
import { Skeleton } from '../../ui/kit';
import { Writing } from './lazily';
import { keyOf, type Mailbox, type Shown } from './mailbox';
import { Reading } from './Reading';
import './pane.css';

export function MailPane({ mailbox }: { mailbox: Mailbox }) {
  const shown = useShown(mailbox);
  const main = useRef<HTMLElement>(null);
  // Another account sees nothing that was read with the one before: a new client remembers nothing.
  const [{ client, turn }, begin] = useState(() => ({ client: makeClient(mailbox, cacheExchange), turn: 0 }));
  const forget = useCallback(
    () => begin((before) => ({ client: makeClient(mailbox, cacheExchange), turn: before.turn + 1 })),
    [mailbox],
  );
  useFocusHome(main);
  useEffect(() => {
    if (shown && shown.at !== 'reading' && shown.at !== 'writing') {
      document.documentElement.dataset.ready = 'true';
    }
  }, [shown]);
  return (
    <Provider value={client}>
      <main className="pane" ref={main}>
        {shown === null ? (
          <Skeleton rows={3} />
        ) : shown.at === 'reading' ? (
          <Reading key={turn} mailbox={mailbox} mail={shown} forget={forget} />
        ) : shown.at === 'writing' ? (
          <Writing key={turn} mailbox={mailbox} forget={forget} />
        ) : (
          <Nothing at={shown.at} />
        )}
      </main>
      <Announcer />
    </Provider>
  );
}

function Nothing({ at }: { at: 'nothing' | 'meeting' }) {
  return (
    <div className="nothing">
      <Icon name={at === 'meeting' ? 'calendar' : 'mail'} size={28} />
      <h1 tabIndex={-1}>{t(`mail.${at}`)}</h1>
    </div>
  );
}

/** What the program shows; null until it has said so for the first time. */
function useShown(mailbox: Mailbox): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null);
  const turn = useRef(0);
  const look = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    const now = await mailbox.shown();
    // Going through mails quickly, an answer about an earlier one comes too late.
    if (mine === turn.current) {
      setShown((before) => (same(before, now) ? before : now));
    }
  }, [mailbox]);
  useEffect(() => {
    mailbox.watch(() => void look());
    void look();
  }, [mailbox, look]);
  return shown;
}

function same(before: Shown | null, now: Shown): boolean {
  return before?.at === 'reading' && now.at === 'reading'
    ? keyOf(before) === keyOf(now) && before.itemId === now.itemId
    : before?.at === now.at;
}
