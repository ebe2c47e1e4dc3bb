// Nothing could be read at all: what happened, and the one thing to do.
import type { Trouble } from '../../core/trouble';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { SignIn } from './lazily';

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
