// Which blocks and placemats are drawn for which sources.
import { expect, test } from 'vitest';
import type { Provider, SourceState } from '../../shared/gql/graphql';
import type { BlockName, SourceRef } from '../../shared/views/IssuePanel/block';
import { layoutOf, ORDER, type Pages } from '../../shared/views/IssuePanel/layout';

type States = Partial<Record<BlockName, SourceState>>;

function source(provider: Provider, state: SourceState): SourceRef {
  return { provider, state, missingScopes: [] } as unknown as SourceRef;
}

function given(states: States, zoomMeetings = 0): Pages {
  const pages = {} as Pages;
  for (const name of ORDER) {
    const main = source(name === 'recordings' ? 'ZOOM' : 'MICROSOFT', states[name] ?? 'READY');
    pages[name] = {
      nodes: name === 'meetings' ? Array.from({ length: zoomMeetings }, (_, n) => ({ id: String(n) })) : [],
      pageInfo: { hasNextPage: false },
      source: main,
      sources: name === 'meetings' ? [main, source('ZOOM', states.recordings ?? 'READY')] : [main],
    };
  }
  return pages;
}

const all = (state: SourceState): States => ({ mails: state, meetings: state, chats: state, tasks: state });
const names = (pages: Pages) => layoutOf(pages).blocks.map((it) => it.name);
const placemats = (pages: Pages) =>
  layoutOf(pages).placemats.map((it) => `${it.source.provider} ${it.standing}`);

test('all is well: five blocks and nothing to connect', () => {
  expect(names(given({}))).toEqual(ORDER);
  expect(placemats(given({}))).toEqual([]);
});

test('Microsoft not connected: one placemat instead of its blocks, and Zoom’s meetings', () => {
  expect(names(given(all('NOT_CONNECTED')))).toEqual(['meetings', 'recordings']);
  expect(placemats(given(all('NOT_CONNECTED')))).toEqual(['MICROSOFT connect']);
});

test('Zoom meetings are shown though Microsoft is not connected', () => {
  const layout = layoutOf(given(all('NOT_CONNECTED'), 2));
  expect(layout.blocks).toEqual([
    { name: 'meetings', quiet: true },
    { name: 'recordings', quiet: false },
  ]);
});

test('consent for one feature is asked for in its block', () => {
  const pages = given({ chats: 'CONSENT_REQUIRED' });
  expect(names(pages)).toEqual(ORDER);
  expect(placemats(pages)).toEqual([]);
});

test('an administrator has to approve: one placemat', () => {
  expect(placemats(given(all('ADMIN_CONSENT_REQUIRED')))).toEqual(['MICROSOFT admin']);
});

test('a provider that this gateway does not know leaves no trace', () => {
  expect(names(given({ ...all('NOT_CONFIGURED'), recordings: 'NOT_CONFIGURED' }))).toEqual([]);
  expect(names(given({ recordings: 'NOT_CONFIGURED' }))).toEqual(['mails', 'meetings', 'chats', 'tasks']);
});

test('Zoom alone: its meetings and recordings are there', () => {
  expect(names(given(all('NOT_CONFIGURED'), 1))).toEqual(['meetings', 'recordings']);
  expect(names(given({ ...all('NOT_CONFIGURED'), recordings: 'NOT_CONNECTED' }))).toEqual([]);
});

test('trouble that passes keeps its block', () => {
  expect(names(given({ ...all('UNAVAILABLE'), recordings: 'TIMED_OUT' }))).toEqual(ORDER);
});

test('recordings on their way are shown to who has no Zoom account', () => {
  const pages = given({ recordings: 'NOT_CONNECTED' });
  expect(names(pages)).not.toContain('recordings');
  const layout = layoutOf(pages, true);
  expect(layout.blocks.at(-1)).toEqual({ name: 'recordings', quiet: true });
  expect(layout.placemats.map((it) => it.source.provider)).toEqual(['ZOOM']);
});
