// Server-sent events, read from text that comes in pieces of any size.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

export interface Said {
  /** The event's name; empty when it has none. */
  event: string;
  data: string;
  /** Milliseconds that the sender wants to be left alone for before it is asked again. */
  retry: number | null;
}

/** Takes the text piece by piece and tells each event once it is whole. Comments are only signs of life. */
export function eventsIn(hear: (said: Said) => void): (piece: string) => void {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let retry: number | null = null;
  const end = () => {
    // An event without data counts here, for GraphQL's `complete` need not have any.
    if (event || data.length > 0 || retry !== null) {
      hear({ event, data: data.join('\n'), retry });
    }
    event = '';
    data = [];
    retry = null;
  };
  const read = (line: string) => {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') {
      end();
    } else if (field === 'event') {
      event = value;
    } else if (field === 'data') {
      data.push(value);
    } else if (field === 'retry' && /^\d+$/.test(value)) {
      retry = Number(value);
    }
  };
  let returned = false;
  return (piece) => {
    // The line feed of a line's end whose carriage return came with the piece before.
    const text = returned && piece.startsWith('\n') ? piece.slice(1) : piece;
    returned = piece === '' ? returned : piece.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      read(line);
    }
  };
}
