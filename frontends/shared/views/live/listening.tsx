// What all views that change as things happen have in common: the parts that are read again, and the line that says how
// it stands.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ReactNode } from 'react';
import type { AnyVariables, Client } from 'urql';
import type { Host } from '../../core/host';
import { addTexts, t } from '../../i18n';
import { live as texts } from '../../i18n/live';
import { announce } from '../../ui/announcer';
import type { Read } from '../useRead';
import { type Coalesced, coalesced } from './coalesced';
import { Lost } from './lines';
import { type Live, live } from './live';
import { sayChanged, tint } from './said';

/** What a view says of itself, at any time anew. */
export interface View extends Pick<Read<unknown>, 'readAt' | 'covered' | 'reload'> {
  host: Host;
  client: Client;
}

export interface Views extends Live {
  /** Calls for a part to be read again; `read` says whether it could be. */
  part(read: () => Promise<boolean>): () => void;
  /** What the gateway answers now; null when it does not, or when the view shows something else by then. */
  read<Data, Variables extends AnyVariables>(
    query: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data | null>;
  /** Tells of a part that was read again, by its heading and where it is. */
  changed(before: unknown, now: unknown, heading: () => string, where: string): void;
  /** Once the texts are there. */
  ready: Promise<void>;
  /** What is said has changed. */
  draw(): void;
}

/** `more` is what there is to say beside how it stands. */
export function listening(
  get: () => View,
  show: (line: ReactNode) => void,
  more: () => ReactNode = () => null,
): Views {
  const ready = addTexts(texts);
  const parts: Coalesced[] = [];
  let lost = false;
  let over = false;
  const draw = () => {
    const said = more();
    if (!over) {
      show(
        lost || said ? (
          <>
            {lost ? <Lost /> : null}
            {said}
          </>
        ) : null,
      );
    }
  };
  const streams = live({
    host: get().host,
    covered: get().covered,
    readAt: () => get().readAt.current,
    reload: () => get().reload(),
    async tell(on) {
      await ready;
      lost = !on;
      announce(t(on ? 'live.back' : 'live.lost'));
      draw();
    },
  });
  return {
    ...streams,
    ready,
    draw,
    part(read) {
      const it = coalesced(read);
      parts.push(it);
      return it;
    },
    async read(query, variables) {
      const { client } = get();
      const answer = await client.query(query, variables, { requestPolicy: 'network-only' }).toPromise();
      return over ? null : (answer.data ?? null);
    },
    async changed(before, now, heading, where) {
      if (JSON.stringify(before) !== JSON.stringify(now)) {
        await ready;
        sayChanged(heading());
        tint(where);
      }
    },
    close() {
      over = true;
      streams.close();
      for (const it of parts) {
        it.stop();
      }
    },
  };
}
