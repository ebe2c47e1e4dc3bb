// What opens below a meeting: for its host the ways to change and cancel it, and what is left of the times it took place.
import { type ReactNode, useId, useRef, useState } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import { MeetingRowFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Button } from '../../ui/kit';
import { later } from '../../ui/later';
import { Join, type MeetingNode } from '../IssuePanel/Meeting';
import { isCancelled, phaseOf } from './when';

const Change = later(async () => (await import('./Change')).Change);
const Cancel = later(async () => (await import('./Cancel')).Cancel);
const People = later(async () => (await import('./Past')).People);
const Summaries = later(async () => (await import('./Past')).Summaries);
const Transcripts = later(async () => (await import('./Past')).Transcripts);

type Part = 'change' | 'cancel' | 'people' | 'summary' | 'transcript';

export interface DetailsProps {
  node: MeetingNode;
  name: string;
  close(): void;
}

export function Details({ node, name, close }: DetailsProps) {
  const meeting = readFragment(MeetingRowFragmentDoc, node);
  const [open, setOpen] = useState<Part | null>(null);
  const id = useId();
  const bar = useRef<HTMLDivElement>(null);
  const zoom = meeting.provider === 'ZOOM';
  const over = phaseOf(meeting) === 'over';
  const hosts = node.isHost && !over && !isCancelled(meeting);
  const took = zoom && (meeting.state !== 'SCHEDULED' || node.occurrences.length > 0);
  const parts: Part[] = [
    ...(hosts ? (['change', 'cancel'] as const) : []),
    ...(took ? (['people', 'summary', 'transcript'] as const) : []),
  ];
  const shut = () => {
    const at = open ? parts.indexOf(open) : -1;
    setOpen(null);
    bar.current?.querySelectorAll<HTMLElement>('[aria-expanded]')[at]?.focus({ preventScroll: true });
  };
  const said = { id: node.id, fresh: !over };
  const drawn: Record<Part, () => ReactNode> = {
    change: () => <Change node={node} close={shut} done={close} />,
    cancel: () => <Cancel node={node} name={name} close={shut} />,
    people: () => <People {...said} />,
    summary: () => <Summaries {...said} />,
    transcript: () => <Transcripts {...said} />,
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form's, and this is none. */}
      <div className="actions" role="group" aria-label={t('meet.details', { name })} ref={bar}>
        {parts.map((part) => (
          <Button
            key={part}
            small
            tone={part === 'change' || part === 'cancel' ? 'plain' : 'subtle'}
            expanded={open === part}
            controls={id}
            onClick={() => setOpen(open === part ? null : part)}
          >
            {t(`meet.${part}Opens`)}
          </Button>
        ))}
        {/* Its host has the way to begin it in the row. */}
        {zoom && hosts && meeting.state === 'SCHEDULED' ? <Join meeting={meeting} /> : null}
      </div>
      <div className="meeting-part" id={id}>
        {open && parts.includes(open) ? drawn[open]() : null}
      </div>
    </>
  );
}
