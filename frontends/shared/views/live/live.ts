// What a view hears while it is shown: its streams, the reads that catch up with what was missed, and whether all of
// them are there.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Host } from '../../core/host';
import { type Hearer, listen, type Stream } from '../../core/stream';
import { coalesced } from './coalesced';

/** Milliseconds for which a lost stream is not spoken of: most are back by then. */
const QUIET = 5_000;
/** Milliseconds after which a stream that opens may have missed something since the view was read. */
const PROMPT = 3_000;
/** Milliseconds after which a view that cannot be live is read again. */
const STALE = 2 * 60_000;

/** One stream of a view. */
export interface Topic {
  /** Tells it from the view's others. */
  key: string;
  variables: unknown;
  open(host: Host, hearer: Omit<Hearer<never>, 'hear'>): Stream<never>;
}

export function topic<Data, Variables>(
  key: string,
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  hear: (data: Data) => void,
  since?: () => string | null,
): Topic {
  const open: Topic['open'] = (host, rest) => listen(host, query, variables, { ...rest, hear, since });
  return { key, variables, open };
}

/** The newest of these moments, as the gateway spells them. */
export function newest(moments: Iterable<string | null | undefined>): string | null {
  let found: string | null = null;
  for (const it of moments) {
    if (it && (!found || Date.parse(it) > Date.parse(found))) {
      found = it;
    }
  }
  return found;
}

export interface Scene {
  host: Host;
  /** When everything that is shown was read, in milliseconds since 1970. */
  readAt(): number;
  /** Reads everything that is shown again. */
  reload(): void;
  /** Set while what happens reaches the view, so that it need not be read again for its age. */
  covered: { current: boolean };
  /** Whether it is heard what happens; said when it is not for a while, and when it is again. */
  tell(on: boolean): void;
}

export interface Live {
  /** Listens to these, and to nothing else. */
  hear(topics: readonly Topic[]): void;
  /** Something may have been missed: everything is read again, soon and once. */
  missed(): void;
  close(): void;
}

interface Held {
  stream: Stream<never> | null;
  asked: string;
  open: boolean;
}

export function live(scene: Scene): Live {
  const streams = new Map<string, Held>();
  /** What the gateway will not have, as it was asked. */
  const refused = new Set<string>();
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let told = true;
  const missed = coalesced(async () => {
    scene.reload();
    return true;
  });
  const look = () => {
    const on = [...streams.values()].every((it) => it.open);
    if (on) {
      clearTimeout(quiet);
      quiet = undefined;
      if (!told) {
        told = true;
        scene.tell(true);
      }
    } else {
      quiet ??= setTimeout(() => {
        told = false;
        scene.covered.current = false;
        scene.tell(false);
        if (Date.now() - scene.readAt() > STALE) {
          missed();
        }
      }, QUIET);
    }
    scene.covered.current = told && streams.size > 0;
    document.documentElement.dataset.live = String(on && streams.size > 0);
  };
  const begin = (it: Topic, asked: string) => {
    const held: Held = { asked, open: false, stream: null };
    let first = true;
    streams.set(it.key, held);
    held.stream = it.open(scene.host, {
      open(on) {
        if (on && first) {
          first = false;
          // What happened between the read and now was heard by nobody.
          if (Date.now() - scene.readAt() > PROMPT) {
            missed();
          }
        }
        held.open = on;
        look();
      },
      missed,
      refused() {
        refused.add(it.key + held.asked);
        streams.delete(it.key);
        look();
      },
    });
  };
  return {
    hear(topics) {
      for (const [key, { stream }] of streams) {
        if (!topics.some((it) => it.key === key)) {
          stream?.close();
          streams.delete(key);
        }
      }
      for (const it of topics) {
        const asked = JSON.stringify(it.variables);
        const held = streams.get(it.key);
        if (held && held.asked !== asked) {
          held.asked = asked;
          held.stream?.change(it.variables as never);
        } else if (!held && !refused.has(it.key + asked)) {
          begin(it, asked);
        }
      }
      look();
    },
    missed,
    close() {
      clearTimeout(quiet);
      missed.stop();
      for (const { stream } of streams.values()) {
        stream?.close();
      }
      scene.covered.current = false;
      delete document.documentElement.dataset.live;
    },
  };
}
