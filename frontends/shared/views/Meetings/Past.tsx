// What is left of a meeting that took place: who was there, what Zoom's AI Companion wrote, what was said. Each is read
// when it is opened.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { Fragment, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { troubleOf } from '../../core/trouble';
import { readFragment } from '../../gql/fragment-masking';
import {
  MeetingPeopleDocument,
  MeetingSummariesDocument,
  MeetingTranscriptsDocument,
  SourceFragmentDoc,
} from '../../gql/graphql';
import { count, span, t } from '../../i18n';
import { Avatar, Button, Note, Skeleton } from '../../ui/kit';
import { SourceNote } from '../Account/lazily';
import type { SourceRef } from '../IssuePanel/block';
import { isQuiet, standing } from '../standing';
import { peopleOf, plain } from './people';

interface PastProps {
  /** The meeting's id. */
  id: string;
  /** It may go on yet, so that what was read before is too old. */
  fresh: boolean;
}

/** One time at which it took place. */
interface Time {
  startedAt?: string | null;
}

interface Times<It extends Time> {
  nodes: readonly It[];
  source: SourceRef;
}

interface ReadTimes<Data, It extends Time> extends PastProps {
  query: TypedDocumentNode<Data, { id: string }>;
  /** Null when the meeting is gone. */
  timesOf(data: Data): Times<It> | null | undefined;
  /** What there is of one time; null when nothing. */
  draw(time: It, again: () => void): ReactNode;
  nothing: string;
}

/** What there is of each time, and what stands in the way. */
function OfTimes<Data, It extends Time>({ id, fresh, query, timesOf, draw, nothing }: ReadTimes<Data, It>) {
  const [{ data, error, fetching }, read] = useQuery({
    query,
    variables: { id },
    requestPolicy: fresh ? 'network-only' : 'cache-first',
  });
  const again = () => read({ requestPolicy: 'network-only' });
  if (!data) {
    return error ? (
      <Note
        tone="warning"
        actions={
          <Button small busy={fetching} onClick={again}>
            {t('action.retry')}
          </Button>
        }
      >
        {t(`trouble.${troubleOf(error).kind}`)}
      </Note>
    ) : (
      <Skeleton rows={1} />
    );
  }
  const times = timesOf(data);
  if (!times) {
    return <p className="hint">{t('meet.gone')}</p>;
  }
  const drawn = times.nodes.map((it) => ({ it, part: draw(it, again) })).filter(({ part }) => part);
  const quiet = isQuiet(standing(readFragment(SourceFragmentDoc, times.source)));
  return (
    <div className="meeting-past">
      <Trouble source={times.source} again={again} />
      {drawn.map(({ it, part }, n) => (
        <Fragment key={it.startedAt ?? n}>
          {drawn.length > 1 && it.startedAt ? (
            <h3 className="meeting-time">
              <time dateTime={it.startedAt}>{span(it.startedAt, null)}</time>
            </h3>
          ) : null}
          {part}
        </Fragment>
      ))}
      {quiet && drawn.length === 0 ? <p className="hint">{nothing}</p> : null}
    </div>
  );
}

function Trouble({ source, again }: { source: SourceRef; again(): void }) {
  return (
    <SourceNote
      source={readFragment(SourceFragmentDoc, source)}
      name="Zoom"
      held={false}
      retrying={false}
      retry={again}
    />
  );
}

/** Whether something keeps what was asked for from being there. */
function isTold(source: SourceRef): boolean {
  return !isQuiet(standing(readFragment(SourceFragmentDoc, source)));
}

export function People(props: PastProps) {
  return (
    <OfTimes
      {...props}
      query={MeetingPeopleDocument}
      timesOf={({ meeting }) => meeting?.instances}
      nothing={t('meet.nobody')}
      draw={({ participants }, again) => {
        const people = peopleOf(participants?.nodes ?? [], t('meet.guest'));
        if (!participants || (people.length === 0 && !isTold(participants.source))) {
          return null;
        }
        return (
          <>
            <Trouble source={participants.source} again={again} />
            {people.length > 0 ? (
              <>
                <p className="hint">{count('meet.people', people.length)}</p>
                <ul className="meeting-people">
                  {people.map((it) => (
                    <li key={`${it.email} ${it.name}`}>
                      <Avatar name={it.name} size="small" />
                      <span className="meeting-person">
                        <span>{it.name}</span>
                        {it.email && it.email !== it.name ? <span className="hint">{it.email}</span> : null}
                      </span>
                      {it.minutes ? (
                        <span className="aside">{t('row.minutes', { n: it.minutes })}</span>
                      ) : null}
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
            {participants.hasMore ? <p className="hint">{t('meet.morePeople')}</p> : null}
          </>
        );
      }}
    />
  );
}

export function Summaries(props: PastProps) {
  return (
    <OfTimes
      {...props}
      query={MeetingSummariesDocument}
      timesOf={({ meeting }) => meeting?.instances}
      nothing={t('meet.noSummary')}
      draw={({ aiSummary }, again) =>
        aiSummary && (aiSummary.content || isTold(aiSummary.source)) ? (
          <>
            <Trouble source={aiSummary.source} again={again} />
            {aiSummary.title ? <p className="strong">{aiSummary.title}</p> : null}
            {aiSummary.content ? <p className="meeting-text">{plain(aiSummary.content)}</p> : null}
            {aiSummary.content ? <p className="hint">{t('meet.byAi')}</p> : null}
          </>
        ) : null
      }
    />
  );
}

export function Transcripts(props: PastProps) {
  return (
    <OfTimes
      {...props}
      query={MeetingTranscriptsDocument}
      timesOf={({ meeting }) => meeting?.recordings}
      nothing={t('meet.noTranscript')}
      draw={({ transcript }, again) =>
        transcript && (transcript.text || isTold(transcript.source)) ? (
          <>
            <Trouble source={transcript.source} again={again} />
            {transcript.text ? (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
              <section className="meeting-text long" aria-label={t('meet.transcript')} tabIndex={0}>
                {transcript.text}
              </section>
            ) : null}
            {transcript.hasMore ? <p className="hint">{t('meet.moreText')}</p> : null}
          </>
        ) : null
      }
    />
  );
}
