// The address by which a host begins a meeting: asked for in their click, opened in a tab of its own, kept nowhere.
// Whoever has it is taken for the host.
import { type Client, createRequest } from 'urql';
import { answerTo } from '../../core/client';
import type { Host } from '../../core/host';
import { safeUrl } from '../../core/safe';
import { troubleOf } from '../../core/trouble';
import { StartMeetingDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { notify } from './notices';

/** Milliseconds to wait for the address. */
const PATIENCE = 30_000;

interface Wanted {
  client: Client;
  host: Host | null;
  issue: string;
  /** The meeting's id. */
  id: string;
  name: string;
}

export async function start({ client, host, issue, id, name }: Wanted): Promise<void> {
  if (!host) {
    return;
  }
  // Past the cache, which would keep it for as long as the page is open.
  const asked = client.createRequestOperation('query', createRequest(StartMeetingDocument, { id }));
  const { data, error } = await answerTo(host, asked, AbortSignal.timeout(PATIENCE));
  const url = safeUrl(data?.meeting?.startUrl);
  if (!url) {
    const why = error && !data ? t(`trouble.${troubleOf(error).kind}`) : t('meet.notHost');
    notify(issue, { tone: 'warning', text: `${t('meet.notStarted', { name })} ${why}` });
    return;
  }
  // Without a click not long ago the browser opens nothing, and says nothing of that either.
  if (navigator.userActivation?.isActive) {
    window.open(url, '_blank', 'noopener,noreferrer');
    announce(t('meet.started', { name }));
    return;
  }
  notify(issue, {
    tone: 'info',
    text: t('meet.ready', { name }),
    part: (close) => (
      <a
        className="button small primary"
        href={url}
        target="_blank"
        rel="noopener noreferrer"
        // Gone once it was followed, when the browser has done so.
        onClick={() => setTimeout(close)}
      >
        {t('meet.openZoom')}
      </a>
    ),
  });
}
