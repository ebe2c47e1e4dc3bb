// The host has to ask the person who they are, which takes a click.
import { useState } from 'react';
import { useHost } from '../../core/host';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';

export function SignIn({ busy, retry }: { busy: boolean; retry(): void }) {
  const host = useHost();
  const [state, setState] = useState<'idle' | 'asking' | 'declined'>('idle');
  const ask = async () => {
    setState('asking');
    try {
      await host?.signIn?.({ anew: false, claims: null });
      setState('idle');
      retry();
    } catch {
      setState('declined');
    }
  };
  return (
    <Note
      tone="info"
      icon="lock"
      actions={
        <Button tone="primary" small busy={busy || state === 'asking'} onClick={ask}>
          {t(state === 'asking' ? 'action.connecting' : 'action.signIn')}
        </Button>
      }
    >
      {t(state === 'declined' ? 'trouble.declined' : 'trouble.sign-in')}
    </Note>
  );
}
