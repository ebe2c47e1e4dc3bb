// Connecting an account: a window opened in the click, the gateway's one-time address, and the wait for its end.
import { newKey } from '../../core/key';
import { openPopup, type Popup, told } from '../../core/popup';
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
import type { Attempt } from './context';

/** Milliseconds between looks at the connection after a window closed without a word, and how many. */
const LOOK = 3_000;
const LOOKS = 10;

/** Opens the provider's sign-in, or answers Entra's challenge; to be called in the click. */
export async function sign(attempt: Attempt, provider: Provider, claims?: string | null): Promise<void> {
  const { host, setState, reload } = attempt;
  if (claims && host?.signIn) {
    // Not our access is missing: Entra wants the person themselves, and only their host can show them to it.
    setState({ at: 'waiting', provider });
    await host.signIn({ anew: false, claims }).then(
      () => {
        setState({ at: 'reading', provider });
        reload();
      },
      () => setState({ at: 'refused', provider }),
    );
    return;
  }
  const popup = (host?.openSignIn ?? openPopup)(t('connect.popup'));
  setState({ at: 'waiting', provider });
  try {
    await through(attempt, provider, popup);
  } catch {
    popup?.cancel();
    setState({ at: 'failed', provider });
  }
}

/** `popup` is null when the browser refused it. */
async function through(
  { client, life, setState, reload }: Attempt,
  provider: Provider,
  popup: Popup | null,
): Promise<void> {
  const refused = () => {
    setState({ at: 'refused', provider });
    announce(t('connect.refused', { provider: t(`provider.${provider}`) }));
  };
  const done = () => {
    life.abort();
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
    void told(provider, life.signal).then((ending) => (ending === 'refused' ? refused() : done()));
    return;
  }
  popup.go(url);
  const ending = await popup.ended(provider);
  if (ending !== 'closed') {
    return ending === 'refused' ? refused() : done();
  }
  if (life.signal.aborted) {
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
  for (let look = 0; look < LOOKS && !life.signal.aborted; look++) {
    if (document.visibilityState === 'visible' && (await connected())) {
      if (!life.signal.aborted) {
        done();
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}
