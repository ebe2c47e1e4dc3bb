// The one live region. What changes without the person's doing, or after it, is said here once and politely.
import { useEffect, useState } from 'react';

/** Those on the page, the one that is shown last. */
const speakers: ((text: string) => void)[] = [];

export function announce(text: string): void {
  speakers.at(-1)?.(text);
}

export function Announcer() {
  const [said, say] = useState({ text: '', turn: 0 });
  useEffect(() => {
    const speak = (text: string) => say((before) => ({ text, turn: before.turn + 1 }));
    speakers.push(speak);
    return () => {
      speakers.splice(speakers.indexOf(speak), 1);
    };
  }, []);
  // A space more makes the same sentence new to a screen reader.
  return (
    <div className="unseen" role="status">
      {said.text + (said.turn % 2 ? '\u00a0' : '')}
    </div>
  );
}
