// The stream: events in pieces of any size, connections that are lost and come back, tokens that end.
import { parse } from '@0no-co/graphql.web';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventsIn, type Said } from '../../shared/core/events';
import type { Host } from '../../shared/core/host';
import { delay, type Hearer, listen, type Stream } from '../../shared/core/stream';

const QUERY = {
  ...parse('subscription Events($issue: ID!) { issueEvents(issue: $issue) { kind } }'),
  __meta__: { hash: 'sha256:abc' },
} as never;

const TEXT =
  ': hello\r\n\r\nevent: next\ndata: {"data":{"at":"1\u2028"}}\n\n:\n\nevent:next\rdata:{"a":\rdata: 2}\r\rretry: 1500\n\nevent: complete\ndata:\n\nid: 7\n\ndata\n\n';

function told(pieces: string[]): Said[] {
  const all: Said[] = [];
  const take = eventsIn((it) => all.push(it));
  for (const piece of pieces) take(piece);
  return all;
}

test('events are the same wherever their text is cut', () => {
  const whole = told([TEXT]);
  expect(whole).toEqual([
    { event: 'next', data: '{"data":{"at":"1\u2028"}}', retry: null },
    { event: 'next', data: '{"a":\n2}', retry: null },
    { event: '', data: '', retry: 1500 },
    { event: 'complete', data: '', retry: null },
    { event: '', data: '', retry: null },
  ]);
  for (let cut = 0; cut <= TEXT.length; cut++) {
    expect(told([TEXT.slice(0, cut), TEXT.slice(cut)])).toEqual(whole);
  }
  expect(told([...TEXT])).toEqual(whole);
  expect(told([...TEXT].flatMap((it) => [it, '']))).toEqual(whole);
});

test('an event is told when its last line is there, and not before', () => {
  const all: Said[] = [];
  const take = eventsIn((it) => all.push(it));
  take('event: next\rdata: 1\r');
  expect(all).toEqual([]);
  take('\r');
  expect(all).toEqual([{ event: 'next', data: '1', retry: null }]);
});

test('tries come later and later, never at the same time for many', () => {
  vi.mocked(Math.random).mockRestore();
  for (let tries = 0; tries < 12; tries++) {
    const all = Array.from({ length: 200 }, () => delay(tries));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...all)).toBeLessThanOrEqual(Math.min(30_000, 2_000 * 2 ** tries));
    expect(new Set(all).size).toBeGreaterThan(100);
  }
});

/** What the gateway was asked, and its side of each stream. */
interface Asked {
  init: RequestInit;
  headers: Headers;
  body: { documentId?: string; variables?: unknown };
  /** Answers with a stream. */
  open(): void;
  answer(status: number, body: unknown, headers?: Record<string, string>): void;
  say(text: string): void;
  end(): void;
  /** The browser has let go of it. */
  gone(): boolean;
}

let asked: Asked[] = [];
let stream: Stream<object> | null = null;
const heard: string[] = [];
const text = new TextEncoder();

const hearer: Hearer<unknown> = {
  hear: (it) => heard.push(`heard ${JSON.stringify(it)}`),
  missed: () => heard.push('missed'),
  open: (on) => {
    const word = on ? 'open' : 'lost';
    if (heard.at(-1) !== word) heard.push(word);
  },
  refused: () => heard.push('refused'),
};

function last(): Asked {
  const it = asked.at(-1);
  if (!it) throw new Error('nothing was asked');
  return it;
}

function fetched(_url: unknown, init?: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let gone = false;
    const signal = init?.signal as AbortSignal;
    signal.addEventListener('abort', () => {
      gone = true;
      reject(new DOMException('aborted', 'AbortError'));
      try {
        controller?.error(new DOMException('aborted', 'AbortError'));
      } catch {
        // It has ended before.
      }
    });
    asked.push({
      init: init ?? {},
      headers: new Headers(init?.headers),
      body: JSON.parse(String(init?.body)),
      open() {
        const body = new ReadableStream<Uint8Array>({
          start(it) {
            controller = it;
          },
        });
        resolve(new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }));
      },
      answer: (status, body, headers) => resolve(new Response(JSON.stringify(body), { status, headers })),
      say: (it) => gone || controller?.enqueue(text.encode(it)),
      end: () => controller?.close(),
      gone: () => gone,
    });
  });
}

let sight: DocumentVisibilityState = 'visible';
const look = (it: DocumentVisibilityState) => {
  sight = it;
  document.dispatchEvent(new Event('visibilitychange'));
};
const soon = (wait = 0) => vi.advanceTimersByTimeAsync(wait);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', fetched);
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => sight);
  // The longest wait there is.
  vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
  asked = [];
  heard.length = 0;
  sight = 'visible';
});

afterEach(() => {
  stream?.close();
  stream = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

let given = 0;
const HOST = {
  headers: { 'x-trefoil-host': 'teams' },
  authorization: async () => {
    given += 1;
    return `Bearer ${given}`;
  },
} as unknown as Host;

function begin(host: Host = HOST, variables: object = { issue: '10042' }): void {
  given = 0;
  stream = listen(host, QUERY, variables, hearer) as Stream<object>;
}

const next = (data: unknown) => `event: next\ndata: ${JSON.stringify({ data })}\n\n`;

test('a stream is asked for by its document, signed as any other operation', async () => {
  begin();
  await soon();
  expect(asked).toHaveLength(1);
  expect(last().body).toEqual({
    documentId: 'sha256:abc',
    operationName: 'Events',
    variables: { issue: '10042' },
  });
  expect(last().headers.get('accept')).toBe('text/event-stream');
  expect(last().headers.get('authorization')).toBe('Bearer 1');
  expect(last().headers.get('x-trefoil-host')).toBe('teams');
  expect(last().init.credentials).toBe('omit');
  expect(heard).toEqual(['lost']);
  last().open();
  await soon();
  expect(heard).toEqual(['lost', 'open']);
});

test('what is said is heard, however it is cut', async () => {
  begin();
  await soon();
  last().open();
  for (const letter of next({ issueEvents: { kind: 'UPDATED' } })) last().say(letter);
  last().say(': ping\n\n');
  await soon();
  expect(heard).toEqual(['lost', 'open', 'heard {"issueEvents":{"kind":"UPDATED"}}']);
});

test('an event that could not be read is one that was missed', async () => {
  begin();
  await soon();
  last().open();
  last().say(
    'event: next\ndata: {"data":null,"errors":[{"message":"","extensions":{"code":"INTERNAL"}}]}\n\n',
  );
  await soon();
  expect(heard).toEqual(['lost', 'open', 'missed']);
});

test('a stream that breaks comes back with another token, and says that something was missed', async () => {
  begin();
  await soon();
  last().open();
  await soon();
  last().end();
  await soon();
  expect(heard).toEqual(['lost', 'open', 'lost']);
  await soon(1_000);
  expect(asked).toHaveLength(1);
  await soon(3_000);
  expect(asked).toHaveLength(2);
  expect(last().headers.get('authorization')).toBe('Bearer 2');
  last().open();
  await soon();
  expect(heard).toEqual(['lost', 'open', 'lost', 'open', 'missed']);
});

test('silence is a loss, a ping is a sign of life', async () => {
  begin();
  await soon();
  last().open();
  for (let ping = 0; ping < 8; ping++) {
    await soon(15_000);
    last().say(':\n\n');
  }
  expect(asked).toHaveLength(1);
  await soon(29_000);
  expect(last().gone()).toBe(false);
  await soon(1_100);
  expect(asked[0]?.gone()).toBe(true);
  expect(heard).toEqual(['lost', 'open', 'lost']);
  await soon(2_000);
  expect(asked).toHaveLength(2);
});

test('a gateway that does not begin to answer is asked again', async () => {
  begin();
  await soon(10_000);
  expect(asked[0]?.gone()).toBe(true);
  await soon(5_000);
  expect(asked).toHaveLength(2);
});

test('so is one whose host gave no token', async () => {
  let tries = 0;
  begin({
    ...HOST,
    authorization: () => {
      tries += 1;
      return tries === 1 ? new Promise(() => {}) : Promise.resolve('JWT two');
    },
  });
  await soon(15_000);
  expect(asked).toHaveLength(1);
  expect(last().headers.get('authorization')).toBe('JWT two');
});

test('waits grow up to half a minute, and end when the network is back', async () => {
  begin();
  for (let tries = 0; tries < 8; tries++) {
    await soon();
    last().answer(503, {});
    await soon(30_000);
  }
  const before = asked.length;
  expect(before).toBeGreaterThan(7);
  last().answer(503, {});
  await soon(20_000);
  expect(asked).toHaveLength(before);
  window.dispatchEvent(new Event('online'));
  await soon();
  expect(asked).toHaveLength(before + 1);
});

test('a try that was under way when the network came back is soon followed by another', async () => {
  begin();
  for (let tries = 0; tries < 8; tries++) {
    await soon();
    last().answer(503, {});
    await soon(30_000);
  }
  const before = asked.length;
  window.dispatchEvent(new Event('online'));
  last().answer(503, {});
  await soon(2_000);
  expect(asked).toHaveLength(before + 1);
});

test('a gateway that asks for time gets it', async () => {
  begin();
  await soon();
  last().answer(429, { errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 20 } }] });
  await soon(10_000);
  window.dispatchEvent(new Event('online'));
  await soon(9_000);
  expect(asked).toHaveLength(1);
  await soon(8_000);
  expect(asked).toHaveLength(2);
});

test.each([
  [200, { errors: [{ extensions: { code: 'FORBIDDEN' } }] }],
  [400, { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }],
  [404, {}],
  [200, { data: {} }],
])('a refusal that will not pass is not asked for again: %s %j', async (status, body) => {
  begin();
  await soon();
  last().answer(status, body);
  await soon(5 * 60_000);
  expect(asked).toHaveLength(1);
  expect(heard).toEqual(['lost', 'refused']);
});

test('a host that can give another token is asked for it when the gateway refuses one', async () => {
  const renewals: unknown[] = [];
  begin({
    ...HOST,
    renews: true,
    authorization: async (renewal) => `Bearer ${renewals.push(renewal)}`,
  });
  await soon();
  last().answer(401, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  await soon();
  expect(asked).toHaveLength(2);
  expect(renewals).toEqual([undefined, { anew: true, claims: null, refused: 'Bearer 1' }]);
  last().open();
  await soon();
  // Later, the token ends while the stream is open.
  last().say(
    'event: next\ndata: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}]}\n\nevent: complete\n\n',
  );
  await soon(4_000);
  expect(asked).toHaveLength(3);
  expect(renewals.at(-1)).toEqual({ anew: true, claims: null, refused: 'Bearer 2' });
});

test('a document the gateway has forgotten is sent whole', async () => {
  begin();
  await soon();
  last().answer(400, { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] });
  await soon();
  expect(asked).toHaveLength(2);
  expect(last().body).toHaveProperty('query');
  expect(last().headers.get('accept')).toBe('text/event-stream');
});

const jwt = (seconds: number) =>
  `Bearer h.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }))}.s`;

test('before its token ends a stream is replaced, and nothing is missed', async () => {
  begin({ ...HOST, authorization: async () => jwt(900) });
  await soon();
  const first = last();
  first.open();
  const pings = setInterval(() => {
    for (const it of asked) if (!it.gone()) it.say(':\n\n');
  }, 10_000);
  await soon(854_000);
  expect(asked).toHaveLength(1);
  await soon(2_000);
  expect(asked).toHaveLength(2);
  expect(first.gone()).toBe(false);
  last().open();
  await soon(1_000);
  first.say(next('on its way'));
  last().say(next('and new'));
  await soon(1_500);
  expect(first.gone()).toBe(true);
  await soon(60_000);
  expect(asked).toHaveLength(2);
  expect(heard).toEqual(['lost', 'open', 'heard "on its way"', 'heard "and new"', 'open']);
  clearInterval(pings);
});

test('when the replacement is refused for now, the old one goes on', async () => {
  begin({ ...HOST, authorization: async () => jwt(120) });
  await soon();
  const first = last();
  first.open();
  await soon(28_000);
  first.say(':\n\n');
  await soon(28_000);
  first.say(':\n\n');
  await soon(20_000);
  first.say(':\n\n');
  expect(asked).toHaveLength(2);
  last().answer(429, {});
  await soon(1_000);
  expect(first.gone()).toBe(false);
  await soon(10_000);
  expect(asked).toHaveLength(3);
  last().open();
  await soon(2_500);
  expect(first.gone()).toBe(true);
  expect(heard.filter((it) => it === 'missed')).toEqual([]);
});

test('what is shown already is said when one begins to listen, and not when one goes on', async () => {
  given = 0;
  let since = 'Monday';
  const host = { ...HOST, authorization: async () => jwt(900) } as unknown as Host;
  stream = listen(host, QUERY, { issue: '1' }, { ...hearer, since: () => since }) as Stream<object>;
  await soon();
  const first = last();
  expect(first.body.variables).toEqual({ issue: '1', since: 'Monday' });
  first.open();
  const pings = setInterval(() => {
    for (const it of asked) if (!it.gone()) it.say(':\n\n');
  }, 10_000);
  since = 'Tuesday';
  await soon(856_000);
  expect(asked).toHaveLength(2);
  expect(last().body.variables).toEqual({ issue: '1' });
  last().open();
  await soon(3_000);
  stream.change({ issue: '2' });
  await soon();
  expect(asked).toHaveLength(3);
  expect(last().body.variables).toEqual({ issue: '2', since: 'Tuesday' });
  clearInterval(pings);
});

test('something else is listened to without a hole', async () => {
  begin();
  await soon();
  const first = last();
  first.open();
  await soon();
  stream?.change({ issue: '10043' });
  await soon();
  expect(last().body.variables).toEqual({ issue: '10043' });
  expect(first.gone()).toBe(false);
  last().open();
  await soon(2_500);
  expect(first.gone()).toBe(true);
  expect(heard).not.toContain('missed');
  last().say(next(1));
  await soon();
  expect(heard.at(-1)).toBe('heard 1');
});

test('nobody looks for a while: nothing is listened to until they do', async () => {
  begin();
  await soon();
  last().open();
  look('hidden');
  await soon(15_000);
  look('visible');
  await soon(10_000);
  last().say(':\n\n');
  look('hidden');
  for (let ping = 0; ping < 9; ping++) {
    await soon(14_000);
    last().say(':\n\n');
  }
  expect(last().gone()).toBe(true);
  await soon(10 * 60_000);
  expect(asked).toHaveLength(1);
  expect(heard).toEqual(['lost', 'open']);
  look('visible');
  await soon();
  expect(asked).toHaveLength(2);
  last().open();
  await soon();
  expect(heard).toEqual(['lost', 'open', 'lost', 'open', 'missed']);
});

test('a stream that went silent while the machine slept is replaced when it wakes', async () => {
  begin();
  await soon();
  last().open();
  await soon(20_000);
  window.dispatchEvent(new Event('online'));
  await soon();
  expect(asked[0]?.gone()).toBe(true);
  await soon(4_000);
  expect(asked).toHaveLength(2);
});

test('after the end nothing is heard, asked or waited for', async () => {
  begin();
  await soon();
  last().open();
  await soon();
  stream?.close();
  await soon();
  expect(last().gone()).toBe(true);
  const said = [...heard];
  await soon(10 * 60_000);
  look('visible');
  expect(asked).toHaveLength(1);
  expect(heard).toEqual(said);
  expect(vi.getTimerCount()).toBe(0);
});
