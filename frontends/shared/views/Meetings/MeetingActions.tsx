// What can be done below the meetings of a work item: schedule one, begin a call, link one that exists.
import { useId, useRef, useState } from 'react';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { later } from '../../ui/later';
import { useIssue } from '../IssuePanel/context';
import { meetings } from '../IssuePanel/Meeting';
import type { Shown } from '../IssuePanel/useParts';
import { useNotice } from './notices';
import { placesOf } from './places';

const Schedule = later(async () => (await import('./Schedule')).Schedule);
const Call = later(async () => (await import('./Call')).Call);
const LinkMeeting = later(async () => (await import('./LinkMeeting')).LinkMeeting);

const PARTS = ['schedule', 'call', 'link'] as const;
type Part = (typeof PARTS)[number];

export function MeetingActions({ issue }: { issue: Shown }) {
  const panel = useIssue();
  const [open, setOpen] = useState<Part | null>(null);
  const [notice, dismiss] = useNotice(panel.id);
  const bar = useRef<HTMLDivElement>(null);
  const id = useId();
  const places = placesOf(meetings.read(issue.meetings));
  const calls = places.filter((it) => it.id !== 'OUTLOOK');
  const zoom = places.find((it) => it.id === 'ZOOM');
  const offered = PARTS.filter((it) => it !== 'link' || zoom);
  if (places.length === 0) {
    return null;
  }
  const home = (part: Part) =>
    bar.current?.querySelector<HTMLElement>(`[data-part="${part}"] button`)?.focus({ preventScroll: true });
  const close = () => {
    setOpen(null);
    if (open) {
      home(open);
    }
  };
  return (
    <>
      {notice ? (
        <Note
          tone={notice.tone}
          actions={
            <>
              {notice.part?.(dismiss)}
              <Button
                small
                tone="subtle"
                onClick={() => {
                  dismiss();
                  home('schedule');
                }}
              >
                {t('meet.close')}
              </Button>
            </>
          }
        >
          {notice.text}
        </Note>
      ) : null}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form's, and this is none. */}
      <div className="actions meeting-actions" role="group" aria-label={t('meet.group')} ref={bar}>
        {offered.map((part) => (
          <span key={part} data-part={part}>
            <Button
              small
              label={t(`meet.${part}Named`)}
              expanded={open === part}
              controls={id}
              onClick={() => setOpen(open === part ? null : part)}
            >
              {t(`meet.${part}Opens`)}
            </Button>
          </span>
        ))}
      </div>
      <div className="meeting-part" id={id}>
        {open === 'schedule' ? <Schedule places={places} close={close} /> : null}
        {open === 'call' ? <Call places={calls} close={close} /> : null}
        {open === 'link' && zoom ? <LinkMeeting place={zoom} close={close} /> : null}
      </div>
    </>
  );
}
