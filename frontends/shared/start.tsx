// Starts an add-in inside its host: language, context, client, view. The same for every host.
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { makeClient } from './core/client';
import { type Host, NotHosted, type Subject } from './core/host';
import { setLanguage, t } from './i18n';
import { Note } from './ui/kit';
import './ui/kit.css';

/** Milliseconds to wait for the host to name the language, before the browser's is taken. */
const LANGUAGE_LIMIT = 800;

export async function start(connect: () => Host, view: (subject: Subject) => ReactNode): Promise<void> {
  const content = document.getElementById('app');
  if (!content) {
    throw new Error('the page has no #app');
  }
  const root = createRoot(content);
  try {
    const host = connect();
    host.fit(content);
    const [subject] = await Promise.all([host.subject(), language(host).then(setLanguage)]);
    root.render(<Provider value={makeClient(host)}>{view(subject)}</Provider>);
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
