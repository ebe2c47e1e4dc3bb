// The rest of a sign-in, after the click: the gateway's one-time address, and the wait for its end.
import type { Client } from 'urql';
import { newKey } from '../../core/key';
import { type Popup, told } from '../../core/popup';
import { safeUrl } from '../../core/safe';
import { readFragment } from '../../gql/fragment-masking';
import {
  ConnectDocument,
  ConnectionsFragmentDoc,
  type Provider,
  ViewerConnectionsDocument,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import type { SignIn } from './context';

/** Milliseconds between looks at the connection after a window closed without a word, and how many. */
const LOOK = 3_000;
const LOOKS = 10;

export interface Attempt {
  client: Client;
  provider: Provider;
  /** The window that the click opened; null when the browser refused it. */
  popup: Popup | null;
  attempt: AbortController;
  setState(state: SignIn): void;
  /** Reads the view again: the account is connected. */
  reload(): void;
}

export async function sign({ client, provider, popup, attempt, setState, reload }: Attempt): Promise<void> {
  const refused = () => {
    setState({ at: 'refused', provider });
    announce(t('connect.refused', { provider: t(`provider.${provider}`) }));
  };
  const done = () => {
    attempt.abort();
    setState({ at: 'reading', provider });
    announce(t('connect.done', { provider: t(`provider.${provider}`) }));
    reload();
  };
  const answer = await client
    .mutation(ConnectDocument, { input: { idempotencyKey: newKey(), provider } })
    .toPromise();
  const url = safeUrl(answer.data?.connect.url);
  if (!url) {
    popup?.cancel();
    setState({ at: 'failed', provider });
    announce(t('connect.failed', { provider: t(`provider.${provider}`) }));
    return;
  }
  if (!popup) {
    setState({ at: 'blocked', provider, url });
    announce(t('connect.popupBlocked'));
    void told(provider, attempt.signal).then((ending) => (ending === 'refused' ? refused() : done()));
    return;
  }
  popup.go(url);
  const ending = await popup.ended(provider);
  if (ending !== 'closed') {
    return ending === 'refused' ? refused() : done();
  }
  if (attempt.signal.aborted) {
    return;
  }
  // Closed, as far as we can tell: a provider that isolates its windows makes an open one look closed, and its
  // message never arrives. So the button is free again, and we look a few times whether it worked.
  setState({ at: 'idle' });
  const connected = async () => {
    const seen = await client
      .query(ViewerConnectionsDocument, {}, { requestPolicy: 'network-only' })
      .toPromise();
    const viewer = readFragment(ConnectionsFragmentDoc, seen.data?.viewer);
    return viewer?.connections?.some((it) => it.provider === provider && it.state === 'READY') ?? false;
  };
  for (let look = 0; look < LOOKS && !attempt.signal.aborted; look++) {
    if (document.visibilityState === 'visible' && (await connected())) {
      if (!attempt.signal.aborted) {
        done();
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}
