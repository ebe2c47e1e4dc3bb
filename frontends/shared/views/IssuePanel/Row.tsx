// A row of any block: its content, and the removal of its link with the question asked in place.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../../i18n';
import { IconButton } from '../../ui/kit';
import { later } from '../../ui/later';

const Question = later(async () => (await import('./Unlink')).Unlink);

interface RowProps {
  name: string;
  link: string | null | undefined;
  children: ReactNode;
  action?: ReactNode;
  /** Takes the focus once, as the first of the rows that were asked for. */
  focus?: boolean;
}

export function Row({ name, link, children, action, focus }: RowProps) {
  const [asking, setAsking] = useState(false);
  const [removed, setRemoved] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (focus && document.hasFocus()) {
      item.current?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
    }
  }, [focus]);
  if (removed) {
    // The cache knows too, but rows of an earlier answer may still be shown.
    return null;
  }
  return (
    <li className={`row${asking ? ' asking' : ''}`} ref={item}>
      <div className="row-line">
        {children}
        {link || action ? (
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
          </span>
        ) : null}
      </div>
      {asking && link ? (
        <Question link={link} close={() => setAsking(false)} done={() => setRemoved(true)} />
      ) : null}
    </li>
  );
}
