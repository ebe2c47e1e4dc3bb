// Starts an add-in inside its host: language, context, client, view. The same for every host.
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Exchange, Provider } from 'urql';
import { makeClient } from './core/client';
import { type Host, HostContext, NotHosted } from './core/host';
import { setLanguage, t } from './i18n';
import { Note } from './ui/kit';
import './ui/kit.css';
import './views/views.css';

/** Milliseconds to wait for the host to name the language, before the browser's is taken. */
const LANGUAGE_LIMIT = 800;

/** Connects to the host and draws the view that it calls for, over the cache that suits it. */
export async function start<H extends Host>(
  connect: () => H | Promise<H>,
  view: (host: H) => ReactNode | Promise<ReactNode>,
  cache: Exchange,
): Promise<void> {
  const content = document.getElementById('app');
  if (!content) {
    throw new Error('the page has no #app');
  }
  const root = createRoot(content);
  try {
    const host = await connect();
    host.fit?.(content);
    const [shown] = await Promise.all([view(host), language(host).then(setLanguage)]);
    root.render(
      <HostContext.Provider value={host}>
        <Provider value={makeClient(host, cache)}>{shown}</Provider>
      </HostContext.Provider>,
    );
  } catch (error) {
    await setLanguage(navigator.language);
    document.documentElement.dataset.ready = 'true';
    root.render(
      <main className="panel">
        <h1 className="unseen">{t('panel.title')}</h1>
        <Note tone={error instanceof NotHosted ? 'info' : 'danger'}>
          {t(error instanceof NotHosted ? 'trouble.notHosted' : 'trouble.start')}
        </Note>
      </main>,
    );
  }
}

async function language(host: Host): Promise<string> {
  const told = host.locale().catch(() => navigator.language);
  const late = new Promise<string>((resolve) =>
    setTimeout(() => resolve(navigator.language), LANGUAGE_LIMIT),
  );
  return Promise.race([told, late]);
}
