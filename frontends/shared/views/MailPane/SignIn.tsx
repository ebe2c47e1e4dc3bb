// Nobody is signed in at the host: what the pane is good for, and the button.
import { useState } from 'react';
import { SignInDeclined } from '../../core/host';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Icon } from '../../ui/icons';
import { Button } from '../../ui/kit';
import type { Mailbox } from './mailbox';

export function SignIn({ mailbox, done }: { mailbox: Mailbox; done(): void }) {
  const [state, setState] = useState<'idle' | 'busy' | 'declined' | 'failed'>('idle');
  const signIn = async () => {
    setState('busy');
    try {
      await mailbox.signIn?.({ anew: false, claims: null });
      done();
    } catch (error) {
      const said = error instanceof SignInDeclined ? 'declined' : 'failed';
      setState(said);
      announce(t(said === 'declined' ? 'signIn.declined' : 'trouble.unreachable'));
    }
  };
  return (
    <section className="welcome" aria-labelledby="welcome">
      <Icon name="plug" size={28} />
      <h1 id="welcome" tabIndex={-1}>
        {t('signIn.title')}
      </h1>
      <p>{t('signIn.why')}</p>
      {state === 'declined' || state === 'failed' ? (
        <p className="hint">{t(state === 'declined' ? 'signIn.declined' : 'trouble.unreachable')}</p>
      ) : null}
      <Button tone="primary" busy={state === 'busy'} onClick={signIn}>
        {t(state === 'busy' ? 'action.connecting' : 'signIn.action')}
      </Button>
    </section>
  );
}
