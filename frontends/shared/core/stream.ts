// The only stream of the add-ins: one GraphQL subscription, heard for as long as somebody looks. It comes back by
// itself and says when something may have been missed meanwhile.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type Connection, connect, type Ending, type Outcome } from './connection';
import type { Host, Renewal } from './host';
import { claimsOf } from './jwt';
import { sentAs } from './transport';

/** Milliseconds before its token's end at which a stream is replaced; hosts give new tokens from a minute before. */
const MARGIN = 45_000;
/** Milliseconds that a stream lives at least before it is replaced, whatever the clocks say. */
const YOUNG = 60_000;
/** Milliseconds that a replaced stream goes on, for what was on its way. */
const LINGER = 2_000;
/** Milliseconds until a replacement that did not come about is tried again. */
const ANEW = 10_000;
/** Milliseconds out of sight after which nothing is listened to: nobody looks, and browsers count connections. */
const UNSEEN = 2 * 60_000;
/** Milliseconds without a sign of life that are too many when the network or the person has just come back. */
const DOUBTFUL = 18_000;
/** Milliseconds before a lost stream is tried again: always at least, and at last. */
const SOONEST = 1_000;
const LATEST = 30_000;

export interface Hearer<Data> {
  /** Something happened. */
  hear(data: Data): void;
  /** Something may have been missed. */
  missed(): void;
  /** Whether things are heard from now on. */
  open(on: boolean): void;
  /** The gateway will not have it, and nothing is heard any more. */
  refused(): void;
  /** The newest `updatedAt` of what is shown, for subscriptions that tell of what came after it. */
  since?(): string | null;
}

export interface Stream<Variables> {
  /** Listens to something else, without missing anything that both have in common. */
  change(variables: Variables): void;
  close(): void;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

export function listen<Data, Variables>(
  host: Host,
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  hearer: Hearer<Data>,
): Stream<Variables> {
  const life = new AbortController();
  const over = life.signal;
  let wanted = variables;
  /** The connection that is heard, and the one that is to follow it. */
  let held: Connection | null = null;
  let heir: Connection | null = null;
  /** When the newest connection's token ends, by its own word. */
  let ends: number | null = null;
  let renewal: Renewal | undefined;
  let replacing: Timer;
  let asleep = false;
  let wake = () => {};
  /** The network or the person came back while a try was under way, which may have begun too early. */
  let roused = false;

  /** `anew` when nothing was listened to until now, so that something may have happened since it was shown. */
  const begin = (anew: boolean) => {
    const since = anew ? hearer.since?.() : null;
    let used = '';
    const signed: Host = {
      ...host,
      async authorization(given) {
        used = await host.authorization(given ?? renewal);
        renewal = undefined;
        const exp = claimsOf(used)?.exp;
        ends = typeof exp === 'number' ? exp * 1000 : null;
        return used;
      },
    };
    return connect(
      signed,
      { ...sentAs(query), variables: since ? { ...wanted, since } : wanted },
      over,
      (outcome) => take(outcome, used),
    );
  };

  function take({ data, errors }: Outcome, used: string): void {
    if (over.aborted) {
      return;
    }
    if (data) {
      hearer.hear(data as Data);
    } else if (errors?.some((it) => it.extensions?.code === 'UNAUTHENTICATED')) {
      // The token's time is over, and with this the stream's.
      renewal = { anew: true, claims: null, refused: used };
    } else {
      hearer.missed();
    }
  }

  /** Opens another connection beside the one there is, which ends when the other one is there. */
  function replace(other = false): void {
    const before = held;
    if (!before || heir) {
      return;
    }
    const next = begin(other);
    heir = next;
    void next.opened.then(async (it) => {
      if (it) {
        setTimeout(before.close, LINGER);
      } else if (heir === next) {
        // The one there is goes on for as long as it may.
        heir = null;
        const { refused } = await next.ended;
        if (!refused) {
          replaceIn(ANEW);
        }
      }
    });
  }

  function replaceIn(wait: number): void {
    clearTimeout(replacing);
    replacing = setTimeout(() => replace(), wait);
  }

  /** The connection is there: it is to be replaced before its token ends. */
  function settle(): void {
    clearTimeout(replacing);
    if (ends !== null) {
      replaceIn(Math.max(YOUNG, ends - Date.now() - MARGIN));
    }
  }

  /** One connection, and those that replace it, until there is none. True if any was open for a while. */
  async function hold(missing: boolean): Promise<Ending & { steady: boolean }> {
    const begun = Date.now();
    let ending: Ending = {};
    let gap = missing;
    let next: Connection | null = begin(true);
    while (next) {
      held = next;
      heir = null;
      if (await held.opened) {
        settle();
        hearer.open(true);
        if (gap) {
          hearer.missed();
        }
      }
      ending = await held.ended;
      next = heir as Connection | null;
      // Nothing was missed if the other one was there before this one went.
      gap = !next?.isOpen();
    }
    held = null;
    clearTimeout(replacing);
    return { ...ending, steady: Date.now() - begun > LATEST };
  }

  async function keep(): Promise<void> {
    let tries = 0;
    for (let missing = false; !over.aborted; missing = true) {
      hearer.open(false);
      roused = false;
      const { refused, after, steady } = await hold(missing);
      if (over.aborted) {
        return;
      }
      if (refused) {
        life.abort();
        hearer.refused();
        return;
      }
      tries = steady || roused ? 0 : tries + 1;
      if (!asleep) {
        hearer.open(false);
        await sleep(after ?? 0);
        await Promise.race([sleep(delay(tries)), woken()]);
      }
      if (asleep) {
        await woken();
      }
    }
  }

  const sleep = (wait: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      over.addEventListener('abort', () => clearTimeout(timer));
    });

  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  let unseen: Timer;
  const look = () => {
    clearTimeout(unseen);
    if (document.visibilityState === 'hidden') {
      unseen = setTimeout(() => {
        asleep = true;
        drop();
      }, UNSEEN);
    } else {
      asleep = false;
      roused = true;
      if (held?.isOpen() && held.silent() > DOUBTFUL) {
        drop();
      }
      wake();
    }
  };
  const drop = () => {
    heir?.close();
    heir = null;
    held?.close();
  };
  document.addEventListener('visibilitychange', look, { signal: over });
  window.addEventListener('online', look, { signal: over });
  over.addEventListener('abort', () => {
    clearTimeout(unseen);
    clearTimeout(replacing);
  });
  look();
  void keep();

  return {
    change(other) {
      wanted = other;
      heir?.close();
      heir = null;
      replace(true);
    },
    close: () => life.abort(),
  };
}

/** Milliseconds before the next try: longer each time, and never the same for many at once. */
export function delay(tries: number): number {
  const most = Math.min(LATEST, 2 * SOONEST * 2 ** tries);
  return SOONEST + Math.random() * (most - SOONEST);
}
