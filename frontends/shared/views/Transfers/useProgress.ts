// How far the transfers of a work item are, heard from the gateway while they are shown.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useHost } from '../../core/host';
import { listen, type Stream } from '../../core/stream';
import { readFragment } from '../../gql/fragment-masking';
import { TransferProgressDocument, TransferRowFragmentDoc } from '../../gql/graphql';
import { coalesced } from '../live/coalesced';
import { isUnderWay } from './first';
import { followed, newer, type Transfer } from './transfers';

/** Milliseconds for which a lost stream is not spoken of: most are back by then. */
const QUIET = 5_000;

interface Followed {
  stream: Stream<{ id: string }>;
  quiet: ReturnType<typeof setTimeout> | undefined;
}

export interface Progress {
  /** The transfers as they are now. */
  now: Transfer[];
  /** It is not heard of some, by their ids, for a while. */
  lost: ReadonlySet<string>;
  /** This is how a transfer is now. */
  tell(transfer: Transfer): void;
}

/** `again` reads the transfers once more and says whether it could. */
export function useProgress(read: readonly Transfer[], again: () => Promise<boolean>): Progress {
  const host = useHost();
  const [heard, setHeard] = useState<ReadonlyMap<string, Transfer>>(new Map());
  const [lost, setLost] = useState<ReadonlySet<string>>(new Set());
  const latest = useRef(again);
  latest.current = again;
  const anew = useMemo(() => coalesced(() => latest.current()), []);
  const tell = useMemo(
    () => (transfer: Transfer) => setHeard((before) => new Map(before).set(transfer.id, transfer)),
    [],
  );
  const now = useMemo(() => read.map((it) => newer(it, heard.get(it.id))), [read, heard]);
  const streams = useRef(new Map<string, Followed>());
  const refused = useRef(new Set<string>());
  const wanted = JSON.stringify(followed(now.filter((it) => !refused.current.has(it.id))));

  useEffect(() => {
    const ids: string[] = JSON.parse(wanted);
    for (const [id, it] of streams.current) {
      if (!ids.includes(id)) {
        drop(id, it);
      }
    }
    for (const id of ids) {
      if (host && !streams.current.has(id)) {
        follow(id);
      }
    }

    function drop(id: string, { stream, quiet }: Followed): void {
      clearTimeout(quiet);
      stream.close();
      streams.current.delete(id);
      setLost((before) => without(before, id));
    }

    function follow(id: string): void {
      let first = true;
      const it: Followed = { stream: { change() {}, close() {} }, quiet: undefined };
      streams.current.set(id, it);
      const say = () => setLost((before) => new Set(before).add(id));
      it.quiet = setTimeout(say, QUIET);
      it.stream = listen(
        host as NonNullable<typeof host>,
        TransferProgressDocument,
        { id },
        {
          hear({ transferProgress }) {
            const transfer = readFragment(TransferRowFragmentDoc, transferProgress);
            tell(transfer);
            if (!isUnderWay(transfer)) {
              anew();
            }
          },
          missed: anew,
          open(on) {
            if (on) {
              clearTimeout(it.quiet);
              it.quiet = undefined;
              setLost((before) => without(before, id));
            } else {
              // From when it was lost, however often it is tried again meanwhile.
              it.quiet ??= setTimeout(say, QUIET);
            }
            if (on && first) {
              // What happened until now was heard by nobody: a small file is there already.
              first = false;
              anew();
            }
          },
          refused() {
            refused.current.add(id);
            drop(id, it);
          },
        },
      );
    }
  }, [wanted, host, anew, tell]);

  useEffect(() => {
    const all = streams.current;
    return () => {
      anew.stop();
      for (const { stream, quiet } of all.values()) {
        clearTimeout(quiet);
        stream.close();
      }
      all.clear();
    };
  }, [anew]);

  return { now, lost, tell };
}

function without(all: ReadonlySet<string>, id: string): ReadonlySet<string> {
  if (!all.has(id)) {
    return all;
  }
  const rest = new Set(all);
  rest.delete(id);
  return rest;
}
