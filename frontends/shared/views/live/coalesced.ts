// Doing something again whenever it is called for: once for a burst of calls, and never twice at the same time.

/** Milliseconds for which the rest of a burst is waited. */
const BURST = 300;
/** Milliseconds until what failed is tried again, longer each time, and how often. */
const ANEW = 3_000;
const TRIES = 4;

export interface Coalesced {
  (): void;
  /** Does nothing any more. */
  stop(): void;
}

/** `act` says whether it worked. */
export function coalesced(act: () => Promise<boolean>): Coalesced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;
  let stopped = false;
  let failures = 0;
  const soon = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  };
  const run = async () => {
    timer = undefined;
    running = true;
    again = false;
    const done = await act().catch(() => false);
    running = false;
    failures = done ? 0 : failures + 1;
    if (stopped) {
      return;
    }
    if (again) {
      soon(BURST);
    } else if (failures > 0 && failures < TRIES) {
      soon(failures * ANEW);
    }
  };
  const call = () => {
    if (stopped) {
      return;
    }
    if (running) {
      again = true;
    } else if (timer === undefined || failures > 0) {
      failures = 0;
      soon(BURST);
    }
  };
  return Object.assign(call, {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  });
}
