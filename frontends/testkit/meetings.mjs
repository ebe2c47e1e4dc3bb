// Meetings of a work item as the stand-in gateway knows them: made, changed, cancelled, and what is left of them.

const MINUTE = 60_000;
const at = (minutes) => new Date(Date.now() + minutes * MINUTE).toISOString();

const ready = () => ({ provider: 'ZOOM', state: 'READY', missingScopes: [] });

/** A Zoom meeting that begins in so many minutes and takes an hour. */
export function zoomMeeting(subject, minutes, more = {}) {
  const id = `zoom-${subject}`;
  return {
    __typename: 'Meeting',
    id,
    linkId: `link-${id}`,
    provider: 'ZOOM',
    subject,
    state: minutes > 0 ? 'SCHEDULED' : minutes > -60 ? 'STARTED' : 'ENDED',
    startsAt: at(minutes),
    endsAt: at(minutes + 60),
    isHost: false,
    occurrences: [],
    attendees: [],
    organizer: { name: 'Ada Lovelace', email: 'ada@acme.example' },
    joinUrl: `https://acme.zoom.example/j/857460651${subject.length}`,
    startUrl: null,
    ...more,
  };
}

/** The same, hosted by whoever looks. */
export function hosted(subject, minutes, more = {}) {
  const startUrl = `https://acme.zoom.example/s/857460651${subject.length}?zak=secret-of-the-host`;
  return zoomMeeting(subject, minutes, { isHost: true, startUrl, ...more });
}

/** What Zoom has of one time at which a meeting took place. */
export function took({
  people = [],
  summary = null,
  transcript = null,
  minutesAgo = 90,
  source = ready(),
} = {}) {
  const startedAt = at(-minutesAgo);
  return {
    instances: {
      nodes: [
        {
          startedAt,
          recordingId: 'recording-1',
          participants: { nodes: people, hasMore: false, source },
          aiSummary: summary && { ...summary, source },
        },
      ],
      totalCount: 1,
      source: ready(),
    },
    recordings: {
      nodes: [
        {
          __typename: 'Recording',
          id: 'recording-of-it',
          startedAt,
          hasTranscript: transcript !== null,
          transcript: transcript === null ? null : { text: transcript, entries: [], hasMore: false, source },
          files: [],
          passwordProtected: false,
        },
      ],
      source: ready(),
    },
  };
}

/** The queries and mutations. A key that was used before gets its first answer, and nothing is done twice. */
export function meetingsOf(world) {
  const meetings = () => world.lists.meetings;
  const once =
    (act) =>
    ({ input }) => {
      const { answers } = world.meetings;
      if (!answers.has(input.idempotencyKey)) {
        const refused = world.refuseMeeting;
        const answer = refused
          ? {
              userErrors: [
                { code: refused[0], field: refused[1] && ['input', ...refused[1].split('.')], message: '' },
              ],
            }
          : act(input);
        // A refusal gives the key back.
        if (refused) return answer;
        answers.set(input.idempotencyKey, answer);
      }
      return answers.get(input.idempotencyKey);
    };
  const missing = () =>
    world.meetings.missing
      ? [{ code: world.meetings.missing, field: ['input', 'calendar'], message: '' }]
      : [];
  const add = (it) => {
    meetings().push(it);
    return { id: it.linkId, kind: 'MEETING', createdAt: at(0), wholeConversation: false };
  };
  const make = ({ provider, subject, start = at(0), end = at(60), calendar }, state) => {
    const zoom = provider === 'ZOOM';
    const link = add({
      ...hosted(subject ?? 'DEMO-42 Kick-off for the Frankfurt roll-out', 1),
      provider,
      state,
      startsAt: start,
      endsAt: end,
      ...(zoom ? {} : { startUrl: null, webUrl: 'https://outlook.example/event' }),
      ...(provider === 'OUTLOOK' ? { joinUrl: null } : {}),
    });
    return { link, replayed: false, userErrors: calendar ? missing() : [] };
  };
  return {
    meeting: ({ id }) => {
      const found = meetings().find((it) => it.id === id);
      return found ? { ...took(), ...found, ...world.meetings.past } : null;
    },
    scheduleMeeting: once((input) => make(input, 'SCHEDULED')),
    startCall: once((input) => make(input, 'SCHEDULED')),
    linkMeeting: once(() => ({ link: add(zoomMeeting('Linked by its number', 120)), userErrors: [] })),
    updateMeeting: once((input) => {
      const { subject, start, end } = input;
      world.lists.meetings = meetings().map((it) =>
        it.id === input.meeting
          ? {
              ...it,
              subject: subject ?? it.subject,
              startsAt: start ?? it.startsAt,
              endsAt: end ?? it.endsAt,
            }
          : it,
      );
      return { replayed: false, userErrors: missing() };
    }),
    cancelMeeting: once((input) => {
      world.lists.meetings = meetings().filter((it) => it.id !== input.meeting);
      return { cancelled: input.meeting, replayed: false, userErrors: missing() };
    }),
  };
}
