// Says in a block what its source cannot give, why, and what to do; nothing when all is well.
import { useEffect, useRef } from 'react';
import type { SourceFragment } from '../../gql/graphql';
import { t, time } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { isQuiet, type Standing, standing } from '../standing';
import { AdminLink } from './AdminLink';
import { SignInActions } from './SignInActions';
import { inWords } from './scopes';

export interface SourceNoteProps {
  source: SourceFragment;
  /** What the person calls it, when the provider's name says too little. */
  name?: string;
  /** Rows of an earlier answer are still shown. */
  held: boolean;
  retrying: boolean;
  retry(): void;
}

/** How often a throttled source is asked again without the person's doing. */
const PATIENCE = 3;

export function SourceNote({ source, name, held, retrying, retry }: SourceNoteProps) {
  const it = standing(source);
  const at = useRetryAt(source, it, retry);
  if (isQuiet(it)) {
    return null;
  }
  const provider = name ?? t(`provider.${source.provider}`);
  const again = (
    <Button small busy={retrying} onClick={retry}>
      {t('action.retry')}
    </Button>
  );
  const signIn = <SignInActions small provider={source.provider} standing={it} claims={source.claims} />;
  switch (it) {
    case 'connect':
      return (
        <Note tone="info" icon="plug" actions={signIn}>
          {t(`connect.${source.provider}`)}
        </Note>
      );
    case 'consent': {
      const scopes = inWords(source.missingScopes, (key) => t(key));
      return (
        <Note tone="info" icon="lock" actions={signIn}>
          {scopes ? t('connect.consent', { provider, scopes }) : t('connect.consentPlain', { provider })}
        </Note>
      );
    }
    case 'reauth':
    case 'interaction':
      return (
        <Note tone="warning" icon="lock" actions={signIn}>
          {t(`connect.${it}`, { provider })}
        </Note>
      );
    case 'admin':
      return (
        <Note tone="info" icon="lock" actions={<AdminLink url={source.adminConsentUrl} />}>
          {t('connect.admin', { provider })}
        </Note>
      );
    case 'blocked':
      return (
        <Note tone="warning" icon="lock">
          {t('connect.blocked', { provider })}
        </Note>
      );
    case 'forbidden':
      return (
        <Note tone="info" icon="lock">
          {t('source.forbidden', { provider })}
        </Note>
      );
    case 'wait':
      return (
        <Note tone="warning" icon="clock" actions={at ? null : again}>
          {at ? t('source.wait', { provider, time: time(at) }) : t('source.waitPlain', { provider })}
          {held ? ` ${t('source.shown')}` : null}
        </Note>
      );
    default:
      return (
        <Note tone="warning" actions={again}>
          {t(it === 'slow' ? 'source.slow' : it === 'partial' ? 'source.partial' : 'source.down', {
            provider,
          })}
          {held ? ` ${t('source.shown')}` : null}
        </Note>
      );
  }
}

/** When a throttled source may be asked again, doing so then; null when the person has to ask. */
function useRetryAt(source: SourceFragment, it: Standing, retry: () => void): number | null {
  const tries = useRef(0);
  const due = useRef<{ source: SourceFragment; at: number } | null>(null);
  const wait = it === 'wait' && source.retryAfter && tries.current < PATIENCE ? source.retryAfter : null;
  if (!wait) {
    due.current = null;
  } else if (due.current?.source !== source) {
    due.current = { source, at: Date.now() + wait * 1000 };
  }
  const at = due.current?.at ?? null;
  const latest = useRef(retry);
  latest.current = retry;
  useEffect(() => {
    if (at === null) {
      return;
    }
    const timer = setTimeout(
      () => {
        tries.current += 1;
        latest.current();
      },
      Math.max(1_000, at - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [at]);
  return at;
}
