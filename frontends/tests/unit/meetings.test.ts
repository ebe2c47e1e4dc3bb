// When meetings are, who is invited to them, who was there, and what is said of what went wrong.
import type { Client } from 'urql';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Host } from '../../shared/core/host';
import type { MeetingRowFragment } from '../../shared/gql/graphql';
import { addTexts, setLanguage } from '../../shared/i18n';
import type { Item, Page } from '../../shared/views/IssuePanel/block';
import { guestsOf } from '../../shared/views/Meetings/guests';
import { isNamed } from '../../shared/views/Meetings/LinkMeeting';
import { peopleOf, plain } from '../../shared/views/Meetings/people';
import { firstOf, placesOf } from '../../shared/views/Meetings/places';
import { start } from '../../shared/views/Meetings/startNow';
import { packs } from '../../shared/views/Meetings/texts';
import { momentsOf, proposed, timesOf } from '../../shared/views/Meetings/times';
import { inTime, isNear, phaseOf } from '../../shared/views/Meetings/when';
import { isUnsure, wrongOf } from '../../shared/views/Meetings/wrong';

beforeEach(async () => {
  await addTexts(...packs);
  await setLanguage('en-GB');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const NOW = Date.parse('2026-11-23T09:00:00Z');
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const meeting = (provider: 'ZOOM' | 'TEAMS', state: string, from: number | null, to: number | null) =>
  ({
    provider,
    state,
    startsAt: from === null ? null : at(from),
    endsAt: to === null ? null : at(to),
    cancelled: null,
  }) as MeetingRowFragment;

test('Zoom says how its meetings stand, and the clock how events do', () => {
  // Begun early, and still under way after its time.
  expect(phaseOf(meeting('ZOOM', 'STARTED', 20, 50), NOW)).toBe('running');
  expect(phaseOf(meeting('ZOOM', 'STARTED', -90, -30), NOW)).toBe('running');
  expect(phaseOf(meeting('ZOOM', 'SCHEDULED', -5, 25), NOW)).toBe('next');
  expect(phaseOf(meeting('ZOOM', 'ENDED', -90, -30), NOW)).toBe('over');
  // Read before it began.
  expect(phaseOf(meeting('TEAMS', 'SCHEDULED', -5, 25), NOW)).toBe('running');
  expect(phaseOf(meeting('TEAMS', 'STARTED', -90, -30), NOW)).toBe('over');
  expect(phaseOf(meeting('TEAMS', 'SCHEDULED', 5, 25), NOW)).toBe('next');
});

test('ten minutes before it begins it is time to go', () => {
  expect(isNear(meeting('ZOOM', 'SCHEDULED', 11, 40), NOW)).toBe(false);
  expect(isNear(meeting('ZOOM', 'SCHEDULED', 9, 40), NOW)).toBe(true);
  expect(isNear(meeting('TEAMS', 'ENDED', -90, -30), NOW)).toBe(false);
  expect(isNear(meeting('ZOOM', 'SCHEDULED', null, null), NOW)).toBe(false);
});

test('what is under way comes first, then what is next, then what was last', () => {
  const all = [
    meeting('TEAMS', 'ENDED', -3000, -2900),
    meeting('ZOOM', 'SCHEDULED', null, null),
    meeting('ZOOM', 'SCHEDULED', 500, 560),
    meeting('TEAMS', 'ENDED', -300, -200),
    meeting('ZOOM', 'STARTED', 5, 60),
    meeting('TEAMS', 'SCHEDULED', 60, 90),
  ];
  const sorted = [...all].sort((a, b) => inTime(a, b, NOW));
  expect(sorted.map((it) => all.indexOf(it))).toEqual([4, 5, 2, 1, 3, 0]);
});

test('a form begins with the next half hour that people can come to', () => {
  const local = (text: string) => new Date(text).getTime();
  expect(proposed(local('2026-11-23T09:03'))).toEqual({ date: '2026-11-23', time: '09:30', minutes: 30 });
  expect(proposed(local('2026-11-23T09:25'))).toEqual({ date: '2026-11-23', time: '10:00', minutes: 30 });
  expect(proposed(local('2026-12-31T23:55'))).toEqual({ date: '2027-01-01', time: '00:30', minutes: 30 });
});

test('moments are those of the zone of whoever fills the form in', () => {
  const times = timesOf(new Date('2026-11-23T09:30:00Z'), 45);
  expect(momentsOf(times)).toEqual({ start: '2026-11-23T09:30:00Z', end: '2026-11-23T10:15:00Z' });
  expect(momentsOf({ ...times, date: '' })).toBe(null);
  expect(momentsOf({ ...times, time: '' })).toBe(null);
  expect(momentsOf({ ...times, date: '2026-13-40' })).toBe(null);
});

test('addresses are taken as people type and paste them', () => {
  expect(guestsOf('')).toEqual({ emails: [], wrong: [] });
  expect(guestsOf('ada@acme.example, alan@acme.example;grace@acme.example\nADA@acme.example')).toEqual({
    emails: ['ada@acme.example', 'alan@acme.example', 'grace@acme.example'],
    wrong: [],
  });
  expect(guestsOf('Ada Lovelace <ada@acme.example>; "Turing, Alan" <alan@acme.example>')).toEqual({
    emails: ['ada@acme.example', 'alan@acme.example'],
    wrong: [],
  });
  expect(guestsOf('ada, grace@acme.example, a@b@c, ü@acme.example')).toEqual({
    emails: ['grace@acme.example'],
    wrong: ['ada', 'a@b@c', 'ü@acme.example'],
  });
});

test('a meeting is named by its number or a link', () => {
  for (const good of [
    '85746065123',
    '857 4606 5123',
    '857-4606-5123',
    'https://zoom.us/j/85746065123?pwd=x',
  ]) {
    expect(isNamed(good), good).toBe(true);
  }
  for (const bad of ['', 'weekly sync', '12', 'http://zoom.us/j/1', 'https://zoom.us/j/1 or so']) {
    expect(isNamed(bad), bad).toBe(false);
  }
});

test('whoever left and came back was there once, for the time of both', () => {
  const came = [
    { name: 'Ada', email: 'ada@acme.example', durationSeconds: 600 },
    { name: 'Ada Lovelace', email: 'ADA@acme.example', durationSeconds: 1200 },
    { name: null, email: null, durationSeconds: 20 },
    { name: null, email: null, durationSeconds: null },
    { name: 'Bob', email: null, durationSeconds: 90 },
  ];
  expect(peopleOf(came, 'Guest').map((it) => `${it.name} ${it.minutes}`)).toEqual([
    'Ada 30',
    'Guest 1',
    'Guest null',
    'Bob 2',
  ]);
});

test('Markdown is shown as text', () => {
  expect(plain('## Quick recap\n\nThey **agreed** on `x`.\n\n\n\n- Ada sends it\n* 2 * 3 ** 4')).toBe(
    'Quick recap\n\nThey agreed on `x`.\n\n• Ada sends it\n• 2 * 3 ** 4',
  );
});

const source = (provider: string, state: string) => ({ provider, state, missingScopes: [] });
const page = (...sources: object[]) => ({ nodes: [], source: sources[0], sources }) as unknown as Page<Item>;

test('what can be scheduled is what is connected and not switched off', () => {
  const places = (zoom: string, microsoft: string) =>
    placesOf(page(source('MICROSOFT', microsoft), source('ZOOM', zoom)));
  const told = (zoom: string, microsoft: string) =>
    places(zoom, microsoft).map((it) => `${it.id}${it.usable ? '' : ' not yet'}`);
  expect(told('READY', 'READY')).toEqual(['ZOOM', 'TEAMS', 'OUTLOOK']);
  expect(told('NOT_CONFIGURED', 'PARTIAL')).toEqual(['TEAMS', 'OUTLOOK']);
  expect(told('NOT_CONFIGURED', 'NOT_CONFIGURED')).toEqual([]);
  expect(told('NOT_CONNECTED', 'UNAVAILABLE')).toEqual(['ZOOM not yet', 'TEAMS', 'OUTLOOK']);
  expect(firstOf(places('NOT_CONNECTED', 'READY'))?.id).toBe('TEAMS');
  expect(firstOf(places('NOT_CONNECTED', 'REAUTH_REQUIRED'))?.id).toBe('ZOOM');
});

test('what went wrong is said at its field, with the sign-in that mends it', () => {
  const errors = [
    { code: 'FIELD_INVALID', field: ['input', 'attendees', 'email'], message: '' },
    { code: 'FIELD_INVALID', field: ['input', 'end'], message: '' },
    { code: 'CONSENT_REQUIRED', field: ['input', 'calendar'], message: '' },
    { code: 'NOT_CONNECTED', field: ['input', 'provider'], message: '' },
  ];
  const wrong = wrongOf({ errors }, 'ZOOM');
  expect(wrong.guests?.text).toBe('One of these is no mail address.');
  expect(wrong.when?.text).toMatch(/^This time is not possible/);
  expect(wrong.calendar).toEqual({
    text: 'Microsoft 365 needs your permission for this.',
    signIn: { provider: 'MICROSOFT', standing: 'consent' },
  });
  expect(wrong.place).toEqual({
    text: 'Zoom is not connected.',
    signIn: { provider: 'ZOOM', standing: 'connect' },
  });
  expect(
    wrongOf({ errors: [{ code: 'NEW', field: ['input', 'provider'], message: 'x' }] }, 'MICROSOFT'),
  ).toEqual({
    place: { text: 'Microsoft 365 does not take this.' },
  });
  expect(
    wrongOf({ errors: [{ code: 'FORBIDDEN', field: ['input', 'issue'], message: '' }] }, 'ZOOM').other?.text,
  ).toBe('You may not do this in Jira.');
});

test('after an answer that got lost nobody knows, and trying again is safe', () => {
  const lost = { trouble: { kind: 'unreachable' as const, retryAfter: null, reference: null } };
  expect(isUnsure(lost)).toBe(true);
  expect(wrongOf(lost, 'ZOOM').other?.text).toMatch(/cannot be reached.*Try again: nothing is done twice\.$/);
  const unknown = { errors: [{ code: 'OUTCOME_UNKNOWN', field: ['input', 'idempotencyKey'], message: '' }] };
  expect(isUnsure(unknown)).toBe(true);
  expect(isUnsure({ errors: [{ code: 'FORBIDDEN', message: '' }] })).toBe(false);
  expect(isUnsure(null)).toBe(false);
});

const START = 'https://acme.zoom.example/s/1?zak=secret';

/** A click on Start; `active` when the browser still knows of it. */
async function starting(active: boolean, answer: object) {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(answer), { status: 200 }));
  const opened = vi.fn();
  vi.stubGlobal('open', opened);
  vi.stubGlobal('navigator', { userActivation: { isActive: active } });
  const host = { authorization: async () => 'JWT x', locale: async () => 'en' } as Host;
  const client = {
    createRequestOperation: (_kind: string, request: object) => ({ ...request, kind: 'query', context: {} }),
  } as unknown as Client;
  await start({ client, host, issue: '10042', id: 'm', name: 'Weekly' });
  return opened;
}

test('a host’s way in opens without a way back', async () => {
  const opened = await starting(true, { data: { meeting: { id: 'm', startUrl: START } } });
  expect(opened.mock.calls).toEqual([[START, '_blank', 'noopener,noreferrer']]);
});

test('what is no web address, or not told, opens nothing', async () => {
  expect((await starting(true, { data: { meeting: { id: 'm', startUrl: null } } })).mock.calls).toEqual([]);
  expect(
    (await starting(true, { data: { meeting: { id: 'm', startUrl: 'javascript:alert(1)' } } })).mock.calls,
  ).toEqual([]);
  expect((await starting(true, { data: { meeting: null } })).mock.calls).toEqual([]);
});

test('too long after the click nothing opens by itself', async () => {
  const opened = await starting(false, { data: { meeting: { id: 'm', startUrl: START } } });
  expect(opened.mock.calls).toEqual([]);
});
