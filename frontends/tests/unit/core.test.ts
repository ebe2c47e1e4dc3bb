// Requests and their answers, the addresses that may be followed, the token that names the issue, and the sign-in window.
import { parse } from '@0no-co/graphql.web';
import { CombinedError, createRequest, makeOperation } from 'urql';
import { afterEach, expect, test, vi } from 'vitest';
import { dropToken, subjectOf } from '../../hosts/jira-connect/connect';
import { answerTo } from '../../shared/core/client';
import type { Host } from '../../shared/core/host';
import { keyOfWish, newKey } from '../../shared/core/key';
import { openPopup } from '../../shared/core/popup';
import { safeUrl } from '../../shared/core/safe';
import { troubleOf } from '../../shared/core/trouble';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

function hostWith(tokens: string[]): Host {
  return { authorization: async () => tokens.shift() ?? 'none' } as Host;
}

/** Asks for an operation, as the client does. */
function ask(host: Host, life = new AbortController()) {
  // The generator writes fragments first.
  const text = 'fragment Who on Viewer { host } query Op { viewer { ...Who } }';
  const document = { ...parse(text), __meta__: { hash: 'sha256:abc' } };
  const request = createRequest(document, { a: 1 });
  const operation = makeOperation('query', request, { url: '/graphql', requestPolicy: 'network-only' });
  return answerTo(host, operation, life.signal);
}

test('an operation travels as its hash, signed by the host', async () => {
  const fetched = vi.fn<typeof fetch>(async () => json({ data: {} }));
  vi.stubGlobal('fetch', fetched);
  await ask(hostWith(['JWT one']));
  const init = fetched.mock.calls[0]?.[1];
  expect(JSON.parse(String(init?.body))).toEqual({
    documentId: 'sha256:abc',
    operationName: 'Op',
    variables: { a: 1 },
  });
  expect(new Headers(init?.headers).get('authorization')).toBe('JWT one');
  expect(new Headers(init?.headers).get('accept')).not.toContain('event-stream');
  expect(init?.credentials).toBe('omit');
});

test('a host whose tokens do not tell it apart says which it is', async () => {
  const fetched = vi.fn<typeof fetch>(async () => json({ data: {} }));
  vi.stubGlobal('fetch', fetched);
  const said = async (host: Host) => {
    await ask(host);
    return new Headers(fetched.mock.lastCall?.[1]?.headers).get('x-trefoil-host');
  };
  expect(await said(hostWith(['JWT one']))).toBeNull();
  expect(await said({ ...hostWith(['Bearer one']), headers: { 'x-trefoil-host': 'teams' } })).toBe('teams');
});

test('a forgotten document is sent whole, with a token of its own', async () => {
  const refusal = { errors: [{ message: '', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] };
  const fetched = vi
    .fn<typeof fetch>()
    .mockResolvedValueOnce(json(refusal))
    .mockResolvedValueOnce(json({ data: {} }));
  vi.stubGlobal('fetch', fetched);
  await ask(hostWith(['JWT one', 'JWT two']));
  const init = fetched.mock.calls[1]?.[1];
  expect(JSON.parse(String(init?.body)).query).toMatch(/query Op \{\s+viewer \{/);
  expect(new Headers(init?.headers).get('authorization')).toBe('JWT two');
});

test('any other refusal is final', async () => {
  const fetched = vi.fn<typeof fetch>(async () =>
    json({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }, 401),
  );
  vi.stubGlobal('fetch', fetched);
  const { data, error } = await ask(hostWith([]));
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(data).toBeUndefined();
  expect(error && troubleOf(error).kind).toBe('signed-out');
});

test.each([
  ['a proxy gave up', async () => new Response('<h1>Gateway Timeout</h1>', { status: 504 }), 'unreachable'],
  ['too much was asked', async () => new Response('', { status: 429 }), 'wait'],
  ['there is neither data nor a reason', async () => json({}), 'unreachable'],
  ['nobody is there', () => Promise.reject(new TypeError('Failed to fetch')), 'unreachable'],
] as const)('an answer is given even when %s', async (_why, fetched, kind) => {
  vi.stubGlobal('fetch', fetched);
  const { error } = await ask(hostWith(['JWT one']));
  expect(error && troubleOf(error).kind).toBe(kind);
});

test('what nobody waits for any more is given up', async () => {
  const fetched = vi.fn<typeof fetch>(async () => json({ data: {} }));
  vi.stubGlobal('fetch', fetched);
  const life = new AbortController();
  await ask(hostWith(['JWT one']), life);
  const signal = fetched.mock.calls[0]?.[1]?.signal;
  expect(signal?.aborted).toBe(false);
  life.abort();
  expect(signal?.aborted).toBe(true);
});

test('only web addresses become links', () => {
  expect(safeUrl('https://outlook.example/1')).toBe('https://outlook.example/1');
  expect(safeUrl('javascript:alert(1)')).toBeUndefined();
  expect(safeUrl(' data:text/html,x')).toBeUndefined();
  expect(safeUrl(null)).toBeUndefined();
});

test('a failure is told apart by what can be done about it', () => {
  const coded = (code: string, more = {}) =>
    new CombinedError({ graphQLErrors: [{ message: '', extensions: { code, ...more } }] });
  expect(troubleOf(coded('UNAUTHENTICATED')).kind).toBe('signed-out');
  expect(troubleOf(coded('UNTRUSTED_DOCUMENT')).kind).toBe('outdated');
  expect(troubleOf(coded('RATE_LIMITED', { retryAfter: 7 }))).toMatchObject({ kind: 'wait', retryAfter: 7 });
  expect(troubleOf(coded('INTERNAL', { correlationId: 'c-1' }))).toMatchObject({
    kind: 'failed',
    reference: 'c-1',
  });
  expect(troubleOf(new CombinedError({ networkError: new TypeError('offline') })).kind).toBe('unreachable');
});

test('the context token names the issue; anything else names none', () => {
  const claims = btoa(JSON.stringify({ context: { jira: { issue: { id: 10042, key: 'DEMO-42' } } } }));
  expect(subjectOf(`h.${claims}.s`)).toEqual({ id: '10042', key: 'DEMO-42' });
  expect(subjectOf('not a token')).toBeNull();
  expect(subjectOf(`h.${btoa('{}')}.s`)).toBeNull();
});

test('the page token leaves the address and the rest stays', () => {
  history.replaceState(null, '', '/addins/jira-panel/?issueKey=DEMO-42&jwt=a.b.c&xdm_e=x');
  dropToken();
  expect(location.search).toBe('?issueKey=DEMO-42&xdm_e=x');
});

function openedWindow() {
  const opened = { closed: false, document, location: { replace: vi.fn() }, close: vi.fn() };
  vi.stubGlobal('open', () => opened);
  return opened;
}

test('the callback page of our own origin ends a sign-in, no other does', async () => {
  vi.useFakeTimers();
  const opened = openedWindow();
  const ended = openPopup('…')?.ended('MICROSOFT');
  const say = (origin: string, data: unknown) =>
    window.dispatchEvent(new MessageEvent('message', { origin, data }));
  let over = false;
  void ended?.then(() => {
    over = true;
  });
  say('https://evil.example', { type: 'trefoil:connected', provider: 'MICROSOFT' });
  say(location.origin, { type: 'trefoil:connected', provider: 'ZOOM' });
  say(location.origin, 'anything');
  await vi.advanceTimersByTimeAsync(2000);
  expect(over).toBe(false);
  say(location.origin, { type: 'trefoil:connected', provider: 'microsoft' });
  expect(await ended).toBe('connected');
  expect(opened.close).toHaveBeenCalled();
});

test('a sign-in that was declined is told from one that worked', async () => {
  openedWindow();
  const ended = openPopup('…')?.ended('ZOOM');
  const data = { type: 'trefoil:connected', provider: 'zoom', ok: false };
  window.dispatchEvent(new MessageEvent('message', { origin: location.origin, data }));
  expect(await ended).toBe('refused');
});

test('a window closed without a word ends it too', async () => {
  vi.useFakeTimers();
  const opened = openedWindow();
  const ended = openPopup('…')?.ended('ZOOM');
  opened.closed = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(await ended).toBe('closed');
});

test('a refused window is no window', () => {
  vi.stubGlobal('open', () => null);
  expect(openPopup('…')).toBeNull();
});

test('a wish has the same key wherever it is asked for, and another wish has another', async () => {
  const key = await keyOfWish(['site', '10000', '1', null, '<offer@mail.example>', null]);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await keyOfWish(['site', '10000', '1', null, '<offer@mail.example>', null])).toBe(key);
  expect(await keyOfWish(['site', '10000', '2', null, '<offer@mail.example>', null])).not.toBe(key);
  expect(await keyOfWish(['site', '10000', '1', '<offer@mail.example>', null, null])).not.toBe(key);
});

test('without TLS every wish is its own', async () => {
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(await keyOfWish(['site'])).not.toBe(await keyOfWish(['site']));
});
