// The few pieces that every view is built from. They know nothing of hosts, providers or GraphQL.
import type { ReactNode } from 'react';
import { safeUrl } from '../core/safe';
import { t } from '../i18n';
import { Icon, type IconName } from './icons';

interface ButtonProps {
  children: ReactNode;
  onClick(): void;
  tone?: 'plain' | 'primary' | 'subtle' | 'danger';
  small?: boolean;
  /** Working on it: the button stays where it is and keeps the focus, but does nothing. */
  busy?: boolean;
  label?: string;
  expanded?: boolean;
  controls?: string;
}

export function Button({
  children,
  onClick,
  tone = 'plain',
  small,
  busy,
  label,
  expanded,
  controls,
}: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${tone}${small ? ' small' : ''}`}
      aria-label={label}
      aria-disabled={busy || undefined}
      aria-expanded={expanded}
      aria-controls={controls}
      onClick={() => busy || onClick()}
    >
      {children}
    </button>
  );
}

/** A button that is only an icon; its name is read out and shown on hover. */
export function IconButton({
  icon,
  label,
  onClick,
  busy,
  expanded,
  controls,
  mark,
}: {
  icon: IconName;
  label: string;
  onClick(): void;
  busy?: boolean;
  expanded?: boolean;
  controls?: string;
  mark?: boolean;
}) {
  return (
    <button
      type="button"
      className={`icon-button${busy ? ' busy' : ''}${mark ? ' marked' : ''}`}
      title={label}
      aria-label={label}
      aria-disabled={busy || undefined}
      aria-expanded={expanded}
      aria-controls={controls}
      onClick={() => busy || onClick()}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A link into another program, in a tab of its own; plain text when there is no address to follow. */
export function External({
  href,
  children,
  className,
}: {
  href: string | null | undefined;
  children: ReactNode;
  className?: string;
}) {
  const url = safeUrl(href);
  if (!url) {
    return <span className={className}>{children}</span>;
  }
  return (
    <a className={className} href={url} target="_blank" rel="noopener noreferrer">
      {children}
      <span className="unseen"> {t('row.opensNew')}</span>
    </a>
  );
}

export function Lozenge({
  tone,
  children,
}: {
  tone: 'neutral' | 'progress' | 'done' | 'danger';
  children: ReactNode;
}) {
  return <span className={`lozenge ${tone}`}>{children}</span>;
}

/** Says what is missing and what to do about it, where it is missing. */
export function Note({
  tone,
  icon,
  children,
  actions,
}: {
  tone: 'info' | 'warning' | 'danger';
  icon?: IconName;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`note ${tone}`}>
      <Icon name={icon ?? (tone === 'info' ? 'info' : 'warning')} />
      <div className="note-body">
        <div className="note-text">{children}</div>
        {actions ? <div className="actions">{actions}</div> : null}
      </div>
    </div>
  );
}

/** Rows to come, as tall as the rows that will come; unseen for the first 150 ms. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div className="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move.
        <div className="skeleton-row" key={row}>
          <i className="bone round" />
          <div className="skeleton-lines">
            <i className={`bone long-${row % 3}`} />
            <i className={`bone short-${row % 3}`} />
          </div>
        </div>
      ))}
    </div>
  );
}

/** A person by their initials, in a colour that stays theirs. */
export function Avatar({
  name,
  size = 'large',
}: {
  name: string | null | undefined;
  size?: 'large' | 'small';
}) {
  const words = (name ?? '')
    .replace(/[^\p{L}\p{N}\s@.-]/gu, '')
    .split(/[\s@.]+/)
    .filter(Boolean);
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? '') : '';
  let hue = 0;
  for (const letter of name ?? '') {
    hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 6;
  }
  return (
    <span className={`avatar ${size} hue-${hue}`} aria-hidden="true">
      {(first + last).toUpperCase()}
    </span>
  );
}
