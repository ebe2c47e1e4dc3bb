// The person's connected accounts, and the way to end them.
import { type ReactNode, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { newKey } from '../../core/key';
import type { FragmentType } from '../../gql/fragment-masking';
import { type ConnectionsFragmentDoc, DisconnectDocument, type Provider } from '../../gql/graphql';
import { date, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';
import { standing } from '../standing';
import { type Connection, connectable } from './accounts';
import { useAccount } from './context';
import { SignInActions } from './SignInActions';
import './account.css';

export function Connections({
  id,
  viewer,
  children,
}: {
  id: string;
  viewer: FragmentType<typeof ConnectionsFragmentDoc>;
  /** The host's own account, before those that it has nothing to do with. */
  children?: ReactNode;
}) {
  return (
    <section className="connections" id={id} aria-label={t('menu.connections')}>
      <ul>
        {children}
        {connectable(viewer).map((it) => (
          <ConnectionLine key={it.provider} connection={it} />
        ))}
      </ul>
    </section>
  );
}

function ConnectionLine({ connection }: { connection: Connection }) {
  const [asking, setAsking] = useState(false);
  const it = standing(connection);
  const provider = t(`provider.${connection.provider}`);
  const connected = it !== 'connect';
  return (
    <li className="connection">
      <div className="connection-line">
        <span
          className={`dot ${it === 'ready' ? 'on' : connected ? 'attention' : 'off'}`}
          aria-hidden="true"
        />
        <span className="connection-text">
          <span className="strong">{provider}</span>
          <span className="hint">{wordsFor(connection)}</span>
        </span>
        {it === 'ready' || it === 'admin' || it === 'blocked' || it === 'forbidden' ? null : (
          <SignInActions small provider={connection.provider} standing={it} />
        )}
        {connected && !asking ? (
          <Button
            small
            tone="subtle"
            label={t('menu.disconnectNamed', { provider })}
            onClick={() => setAsking(true)}
          >
            {t('menu.disconnect')}
          </Button>
        ) : null}
      </div>
      {asking ? <Question provider={connection.provider} close={() => setAsking(false)} /> : null}
    </li>
  );
}

function wordsFor(connection: Connection): string {
  const it = standing(connection);
  if (it === 'connect') {
    return t('menu.notConnected');
  }
  if (it !== 'ready') {
    return t('menu.attention');
  }
  return connection.connectedAt
    ? t('menu.connectedSince', { date: date(connection.connectedAt) })
    : t('menu.connected');
}

function Question({ provider, close }: { provider: Provider; close(): void }) {
  const { forget } = useAccount();
  const [{ fetching }, disconnect] = useMutation(DisconnectDocument);
  const [failed, setFailed] = useState(false);
  const key = useRef(newKey());
  const name = t(`provider.${provider}`);
  const go = async () => {
    setFailed(false);
    const answer = await disconnect({ input: { idempotencyKey: key.current, provider } });
    if (answer.data && answer.data.disconnect.userErrors.length === 0) {
      announce(t('menu.disconnected', { provider: name }));
      forget();
      return;
    }
    setFailed(true);
    announce(t('menu.disconnectFailed', { provider: name }));
  };
  return (
    <div className="question">
      <span>{t(failed ? 'menu.disconnectFailed' : 'menu.disconnectAsk', { provider: name })}</span>
      <span className="actions">
        <Button small tone="danger" busy={fetching} onClick={go}>
          {failed ? t('action.retry') : t('menu.disconnect')}
        </Button>
        <Button small tone="subtle" onClick={close}>
          {t('action.cancel')}
        </Button>
      </span>
    </div>
  );
}
