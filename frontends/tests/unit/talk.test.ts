// Links of Teams, and one key for all tries of one intent.
import { act, renderHook } from '@testing-library/preact';
import { expect, test } from 'vitest';
import { chatAbout, meetingAbout, peopleOf } from '../../hosts/teams/talk';
import { useIntent } from '../../shared/views/IssueActions/intent';

const person = (email: string | null) => ({ email }) as { email: string | null; __typename: 'Person' };

test('people are those whose address is known, without oneself, each once', () => {
  const issue = { assignee: person('Grace@acme.example'), reporter: person('ada@acme.example') };
  expect(peopleOf(issue, 'grace@ACME.example')).toEqual(['ada@acme.example']);
  expect(
    peopleOf({ assignee: person('ada@acme.example'), reporter: person('ADA@acme.example') }, null),
  ).toEqual(['ada@acme.example']);
  expect(peopleOf({ assignee: null, reporter: person(null) }, null)).toEqual([]);
});

test('a meeting is named after the work item, and what is in its name stays one value', () => {
  expect(meetingAbout('DEMO-42 a&b = c', 'https://acme.example/browse/DEMO-42', ['ada@acme.example'])).toBe(
    'https://teams.microsoft.com/l/meeting/new?subject=DEMO-42%20a%26b%20%3D%20c' +
      '&content=https%3A%2F%2Facme.example%2Fbrowse%2FDEMO-42&attendees=ada%40acme.example',
  );
  expect(meetingAbout('DEMO-42', null, [])).toBe('https://teams.microsoft.com/l/meeting/new?subject=DEMO-42');
});

test('only a chat of several people gets a name', () => {
  expect(chatAbout('DEMO-42', null, ['ada@acme.example'])).not.toContain('topicName');
  expect(chatAbout('DEMO-42', null, ['ada@acme.example', 'alan@acme.example'])).toContain(
    'topicName=DEMO-42',
  );
});

test('every try of an intent carries its key, and the next intent another', async () => {
  const { result } = renderHook(() => useIntent());
  const keys: string[] = [];
  const attempt = async (about: string, data: { ok: true } | undefined) => {
    await act(async () => {
      await result.current.pursue(
        about,
        async (key) => {
          keys.push(key);
          return { data, error: undefined } as never;
        },
        () => [],
      );
    });
  };
  await attempt('first', undefined);
  await attempt('first', { ok: true });
  await attempt('first', { ok: true });
  await attempt('second', undefined);
  await attempt('third', { ok: true });
  const [lost, again, anew, other, last] = keys;
  expect(again).toBe(lost);
  expect(new Set([lost, anew, other, last]).size).toBe(4);
});
