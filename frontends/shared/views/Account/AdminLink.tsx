// A link to be sent on: to an administrator who has to follow it, or to whoever else it is for.
import { useId, useRef, useState } from 'react';
import { safeUrl } from '../../core/safe';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Button } from '../../ui/kit';

export function AdminLink({
  url,
  label = t('connect.adminLink'),
}: {
  url: string | null | undefined;
  label?: string;
}) {
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const [copied, setCopied] = useState(false);
  const link = safeUrl(url);
  if (!link) {
    return null;
  }
  const copy = async () => {
    // A frame of another origin may not use the clipboard unless its host allows it; selecting always works.
    field.current?.select();
    const done = await navigator.clipboard?.writeText(link).then(
      () => true,
      () => document.execCommand('copy'),
    );
    setCopied(done ?? document.execCommand('copy'));
    announce(t('action.copied'));
  };
  return (
    <div className="admin-link">
      <label className="unseen" htmlFor={id}>
        {label}
      </label>
      <input id={id} ref={field} readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      <Button small onClick={copy}>
        {copied ? t('action.copied') : t('action.copy')}
      </Button>
    </div>
  );
}
