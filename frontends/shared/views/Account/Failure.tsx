// Nothing could be read at all: what happened, and the one thing to do.
import { useState } from 'react';
import { useHost } from '../../core/host';
import type { Trouble } from '../../core/trouble';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';

export function Failure({ trouble, busy, retry }: { trouble: Trouble; busy: boolean; retry(): void }) {
  const outdated = trouble.kind === 'outdated';
  if (trouble.kind === 'sign-in') {
    return <SignIn busy={busy} retry={retry} />;
  }
  return (
    <Note
      tone={trouble.kind === 'failed' ? 'danger' : 'warning'}
      actions={
        <Button small busy={busy} onClick={outdated ? () => location.reload() : retry}>
          {t(outdated ? 'action.reload' : 'action.retry')}
        </Button>
      }
    >
      {t(`trouble.${trouble.kind}`)}
      {trouble.reference ? (
        <span className="reference"> {t('source.reference', { id: trouble.reference })}</span>
      ) : null}
    </Note>
  );
}

/** The host has to ask the person who they are, which takes a click. */
function SignIn({ busy, retry }: { busy: boolean; retry(): void }) {
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
