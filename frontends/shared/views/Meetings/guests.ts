// Mail addresses as people type or paste them.

/** The most people that one meeting invites. */
export const MOST = 50;

const ADDRESS = /^[!-~]+@[!-~]+$/;

export interface Guests {
  emails: string[];
  /** What is no address. */
  wrong: string[];
}

/** Addresses between blanks, commas and semicolons; of `Ada Lovelace <ada@acme.example>` what is in the brackets. */
export function guestsOf(text: string): Guests {
  const named = text.replace(/"[^"]*"|[^,;<>\n]*<([^<>]*)>/g, (whole, inside?: string) =>
    inside === undefined ? (whole.startsWith('"') ? '' : whole) : ` ${inside} `,
  );
  const words = named.split(/[\s,;]+/).filter(Boolean);
  const emails = new Map<string, string>();
  const wrong: string[] = [];
  for (const word of words) {
    if (ADDRESS.test(word) && !/[<>"]/.test(word) && word.split('@').length === 2) {
      const key = word.toLowerCase();
      emails.set(key, emails.get(key) ?? word);
    } else {
      wrong.push(word);
    }
  }
  return { emails: [...emails.values()], wrong };
}
