// The pane's head: its name, and behind one button whose accounts it reads with.
import { useState } from 'react';
import type { FragmentType } from '../../gql/fragment-masking';
import type { ConnectionsFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button, IconButton, Note } from '../../ui/kit';
import { connectable } from '../Account/accounts';
import { useAccount } from '../Account/context';
import { Connections } from '../Account/lazily';
import { standing } from '../standing';
import { usePane } from './context';

type Viewer = FragmentType<typeof ConnectionsFragmentDoc>;

/** Said once: a mailbox may have another address than its owner signs in with. */
let accepted: string | null = null;

export function Accounts({
  viewer,
  busy,
  reload,
  title,
}: {
  viewer: Viewer | null;
  busy: boolean;
  reload(): void;
  title: string;
}) {
  const [open, setOpen] = useState(false);
  const attention = connectable(viewer).some((it) => !['ready', 'connect'].includes(standing(it)));
  return (
    <>
      <header className="pane-head">
        <h1 tabIndex={-1}>{title}</h1>
        <IconButton
          icon="plug"
          label={t('menu.connections')}
          mark={attention}
          expanded={open}
          controls="accounts"
          onClick={() => setOpen(!open)}
        />
        <IconButton icon="refresh" label={t('action.refresh')} busy={busy} onClick={reload} />
      </header>
      {open && viewer ? (
        <Connections id="accounts" viewer={viewer}>
          <HostAccount />
        </Connections>
      ) : null}
      <Mismatch />
    </>
  );
}

/** The account that the host gives us: another may be chosen, or none. */
function HostAccount() {
  const { mailbox } = usePane();
  const { forget } = useAccount();
  const account = mailbox.account?.();
  const change = useSwitch();
  return account ? (
    <li className="connection">
      <div className="connection-line">
        <span className="dot on" aria-hidden="true" />
        <span className="connection-text">
          <span className="hint">{t('signIn.as', { account })}</span>
        </span>
      </div>
      <div className="actions">
        <Button small onClick={change}>
          {t('signIn.switch')}
        </Button>
        <Button
          small
          tone="subtle"
          onClick={() => {
            mailbox.signOut?.();
            announce(t('signIn.isOut'));
            forget();
          }}
        >
          {t('signIn.out')}
        </Button>
      </div>
    </li>
  ) : null;
}

function Mismatch() {
  const { mailbox } = usePane();
  const [, look] = useState(0);
  const change = useSwitch();
  const account = mailbox.account?.();
  const address = mailbox.address();
  if (!account || !address || account === accepted || account.toLowerCase() === address.toLowerCase()) {
    return null;
  }
  return (
    <Note
      tone="info"
      actions={
        <>
          <Button small onClick={change}>
            {t('signIn.switch')}
          </Button>
          <Button
            small
            tone="subtle"
            onClick={() => {
              accepted = account;
              look((it) => it + 1);
            }}
          >
            {t('signIn.keep')}
          </Button>
        </>
      }
    >
      {t('signIn.mismatch', { account, address })}
    </Note>
  );
}

/** Asks the host for another account; nothing read with the former one stays. */
function useSwitch(): () => void {
  const { mailbox } = usePane();
  const { forget } = useAccount();
  return () => {
    mailbox.signIn?.({ anew: true, claims: null }).then(forget, () => announce(t('signIn.declined')));
  };
}
