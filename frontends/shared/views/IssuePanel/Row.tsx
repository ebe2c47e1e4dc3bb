// A row of any block: its content, what can be opened below it, and the removal of its link with the question asked in
// place.
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { t } from '../../i18n';
import { Button, IconButton } from '../../ui/kit';
import { later } from '../../ui/later';
import type { Opens } from './block';

const Question = later(async () => (await import('./Unlink')).Unlink);

interface RowProps {
  name: string;
  link: string | null | undefined;
  children: ReactNode;
  action?: ReactNode;
  opens?: Opens | undefined;
  /** Takes the focus once, as the first of the rows that were asked for. */
  focus?: boolean;
}

export function Row({ name, link, children, action, opens, focus }: RowProps) {
  const [asking, setAsking] = useState(false);
  const [open, setOpen] = useState(false);
  const id = useId();
  const [removed, setRemoved] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (focus && document.hasFocus()) {
      item.current?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
    }
  }, [focus]);
  const close = () => {
    setOpen(false);
    item.current?.querySelector<HTMLElement>('.row-end > [aria-expanded]')?.focus({ preventScroll: true });
  };
  if (removed) {
    // The cache knows too, but rows of an earlier answer may still be shown.
    return null;
  }
  return (
    <li className={`row${asking ? ' asking' : ''}`} ref={item}>
      <div className="row-line">
        {children}
        {link || action || opens ? (
          <span className="row-end">
            {link ? (
              <span className="row-tools">
                <IconButton
                  icon="unlink"
                  label={t('unlink.action', { name })}
                  expanded={asking}
                  onClick={() => setAsking(!asking)}
                />
              </span>
            ) : null}
            {action}
            {opens && !opens.text ? (
              <IconButton
                icon={open ? 'collapse' : 'chevron'}
                label={opens.label}
                expanded={open}
                controls={id}
                onClick={() => setOpen(!open)}
              />
            ) : opens ? (
              <Button small label={opens.label} expanded={open} controls={id} onClick={() => setOpen(!open)}>
                {opens.text}
              </Button>
            ) : null}
          </span>
        ) : null}
      </div>
      {asking && link ? (
        <Question link={link} close={() => setAsking(false)} done={() => setRemoved(true)} />
      ) : null}
      {opens ? (
        <div className="row-below" id={id}>
          {open ? opens.part(close) : null}
        </div>
      ) : null}
    </li>
  );
}
