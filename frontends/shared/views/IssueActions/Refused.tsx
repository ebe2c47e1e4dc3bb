// Says why something was not done, and what to do about it.
import { t } from '../../i18n';
import { External, Note } from '../../ui/kit';
import type { Refusal, UserError } from './intent';

const WORDS = {
  FORBIDDEN: 'refused.FORBIDDEN',
  NOT_FOUND: 'refused.NOT_FOUND',
  CONFLICT: 'refused.CONFLICT',
  RATE_LIMITED: 'refused.wait',
  OUTCOME_UNKNOWN: 'refused.unknown',
  UPSTREAM_TIMEOUT: 'refused.unknown',
  UPSTREAM_UNAVAILABLE: 'refused.down',
  IN_PROGRESS: 'refused.progress',
  REAUTH_REQUIRED: 'refused.signIn',
  NOT_CONNECTED: 'refused.signIn',
  CONSENT_REQUIRED: 'refused.signIn',
  FIELD_REQUIRED: 'refused.fields',
} as const;

/** A reason in the person's language; the gateway's own sentence for one that this build does not know. */
export function reasonOf(error: UserError): string {
  const known = WORDS[error.code as keyof typeof WORDS];
  return known ? t(known) : error.message || t('refused.plain');
}

export function Refused({ refusal, url }: { refusal: Refusal; url?: string | null }) {
  if ('trouble' in refusal) {
    return <Note tone="warning">{t(`trouble.${refusal.trouble.kind}`)}</Note>;
  }
  const reasons = [...new Set(refusal.errors.map(reasonOf))];
  const inJira = refusal.errors.some((it) => it.code === 'FIELD_REQUIRED' || it.code === 'FIELD_INVALID');
  return (
    <Note
      tone="warning"
      actions={
        inJira && url ? (
          <External className="button small" href={url}>
            {t('action.openInJira')}
          </External>
        ) : null
      }
    >
      {reasons.length > 0 ? reasons.join(' ') : t('refused.plain')}
    </Note>
  );
}
