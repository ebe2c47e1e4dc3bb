// One connection of a stream: GraphQL over server-sent events, in a request of its own.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md, distinct connections mode
import { eventsIn } from './events';
import type { Host } from './host';
import { isStream, type Sent, send } from './transport';

/** Milliseconds within which the gateway begins to answer. */
const HEAD = 10_000;
/** Milliseconds without a sign of life after which a connection is lost; the gateway gives one every 15 s at least. */
const SILENCE = 30_000;

/** Refusals that pass. After any other, asking again is of no use until something else has changed. */
const PASSES = /TIMEOUT|UNAVAILABLE|UPSTREAM_INVALID|RATE_LIMITED|INTERNAL|UNAUTHENTICATED/;

/** What one event's operation came to. */
export interface Outcome {
  data?: unknown;
  errors?: { extensions?: { code?: string; retryAfter?: number } }[];
}

/** Why there is no connection any more. */
export interface Ending {
  /** The gateway will not have it. */
  refused?: boolean;
  /** Milliseconds that the gateway wants to be left alone. */
  after?: number;
}

export interface Connection {
  /** True once it is open, false when it never was. */
  opened: Promise<boolean>;
  ended: Promise<Ending>;
  isOpen(): boolean;
  /** Milliseconds since the last sign of life. */
  silent(): number;
  close(): void;
}

/** Asks the gateway for a subscription and hears what it says, until either ends it. */
export function connect(host: Host, sent: Sent, life: AbortSignal, hear: (it: Outcome) => void): Connection {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, life]);
  let tell: (open: boolean) => void = () => {};
  let open = false;
  let heard = Date.now();
  let limit = setTimeout(() => over.abort(), HEAD);
  const alive = () => {
    clearTimeout(limit);
    limit = setTimeout(() => over.abort(), SILENCE);
    heard = Date.now();
  };
  const run = async (): Promise<Ending> => {
    const answer = await send(host, sent, 'text/event-stream', () => signal);
    if (!isStream(answer) || !answer.body) {
      return refusalOf(answer);
    }
    alive();
    open = true;
    tell(true);
    return read(answer.body, alive, hear);
  };
  const opened = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  // Without waiting for a host that gives no token.
  const cut = new Promise<Ending>((resolve) => {
    signal.addEventListener('abort', () => resolve({}));
  });
  const ended = Promise.race([run().catch((): Ending => ({})), cut]).finally(() => {
    clearTimeout(limit);
    over.abort();
    open = false;
    tell(false);
  });
  return { opened, ended, isOpen: () => open, silent: () => Date.now() - heard, close: () => over.abort() };
}

async function read(
  body: ReadableStream<Uint8Array>,
  alive: () => void,
  hear: (it: Outcome) => void,
): Promise<Ending> {
  const ending: Ending = {};
  let complete = false;
  const take = eventsIn(({ event, data, retry }) => {
    if (retry !== null) {
      ending.after = retry;
    }
    if (event === 'complete') {
      complete = true;
    } else if (event === 'next') {
      hear(JSON.parse(data));
    }
  });
  const reader = body.getReader();
  const text = new TextDecoder();
  while (!complete) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    alive();
    take(text.decode(value, { stream: true }));
  }
  return ending;
}

async function refusalOf(answer: Response): Promise<Ending> {
  const { errors }: Outcome = await answer.json().catch(() => ({}));
  const { code, retryAfter } = errors?.[0]?.extensions ?? {};
  const passes = code ? PASSES.test(code) : answer.status >= 500 || [401, 408, 429].includes(answer.status);
  const seconds = Number(answer.headers.get('retry-after') ?? retryAfter) || 0;
  return passes ? { after: seconds * 1000 } : { refused: true };
}
