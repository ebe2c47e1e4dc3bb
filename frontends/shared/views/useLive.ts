// A view that changes as things happen. All of it comes after the first page has been painted; here is only what starts
// and ends it.
import { type ReactNode, useEffect, useRef, useState } from 'react';

/** Begins to listen for what `scene` says is shown; `show` puts a line on the page. Returns how to end it. */
export type Begin<Scene> = (scene: () => Scene, show: (line: ReactNode) => void) => Listening;

export interface Listening {
  /** Something else may be shown now. */
  look?(): void;
  close(): void;
}

/** Milliseconds until code that could not be loaded is asked for again. */
const ANEW = 15_000;

/** A line that says how it stands; null while all is well. Begins anew with another `key`. */
export function useLive<Scene>(
  /** What is shown; null while there is nothing to listen for. */
  scene: Scene | null,
  key: string,
  load: () => Promise<Begin<Scene>>,
): ReactNode {
  const [line, show] = useState<ReactNode>(null);
  const latest = useRef(scene);
  // What is on its way out is still heard for a moment.
  latest.current = scene ?? latest.current;
  const listening = useRef<Listening | null>(null);
  const on = scene !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is always the same code.
  useEffect(() => {
    // Fetched while the first answer is on its way, so that listening begins right after it.
    load().catch(() => {});
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another beginning.
  useEffect(() => {
    if (!on) {
      return;
    }
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const begin = () =>
      load().then(
        (it) => {
          if (!over) {
            listening.current = it(() => latest.current as Scene, show);
          }
        },
        () => {
          timer = setTimeout(begin, ANEW);
        },
      );
    void begin();
    return () => {
      over = true;
      clearTimeout(timer);
      listening.current?.close();
      listening.current = null;
      show(null);
    };
  }, [on, key]);
  useEffect(() => listening.current?.look?.());
  return line;
}
