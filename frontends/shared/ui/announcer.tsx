// The one live region. What changes without the person's doing, or after it, is said here once and politely.
import { useEffect, useState } from 'react';

let speak: (text: string) => void = () => {};

export function announce(text: string): void {
  speak(text);
}

export function Announcer() {
  const [said, say] = useState({ text: '', turn: 0 });
  useEffect(() => {
    speak = (text) => say((before) => ({ text, turn: before.turn + 1 }));
    return () => {
      speak = () => {};
    };
  }, []);
  // A space more makes the same sentence new to a screen reader.
  return (
    <div className="unseen" role="status">
      {said.text + (said.turn % 2 ? '\u00a0' : '')}
    </div>
  );
}
