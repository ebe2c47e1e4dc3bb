// The host's way into a meeting of theirs. What it takes to go there comes with the click.
import { useState } from 'react';
import { useClient } from 'urql';
import { useHost } from '../../core/host';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';
import { useIssue } from '../IssuePanel/context';
import { load } from './lazily';

export function Start({ id, name, near }: { id: string; name: string; near: boolean }) {
  const client = useClient();
  const host = useHost();
  const { id: issue } = useIssue();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    await load().then(
      ({ start }) => start({ client, host, issue, id, name }),
      () => announce(t('trouble.unreachable')),
    );
    setBusy(false);
  };
  return (
    <Button
      small
      tone={near ? 'primary' : 'plain'}
      busy={busy}
      label={t('action.startNamed', { name })}
      onClick={go}
    >
      {t('action.start')}
    </Button>
  );
}
