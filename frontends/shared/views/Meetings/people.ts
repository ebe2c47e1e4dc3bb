// Who was at a meeting: whoever left and came back is told of once.

export interface Came {
  name?: string | null;
  email?: string | null;
  durationSeconds?: number | null;
}

export interface Person {
  name: string;
  email: string | null;
  /** How long they were there in all, in whole minutes; null while nobody knows. */
  minutes: number | null;
}

/** `unnamed` is what somebody is called of whom nothing is known. */
export function peopleOf(came: readonly Came[], unnamed: string): Person[] {
  const people = new Map<string, { name: string; email: string | null; seconds: number }>();
  came.forEach(({ name, email, durationSeconds }, n) => {
    // Two guests without a name are two people.
    const key = email?.toLowerCase() ?? (name ? `name ${name}` : `guest ${n}`);
    const before = people.get(key);
    people.set(key, {
      name: before?.name ?? name ?? email ?? unnamed,
      email: email ?? null,
      seconds: (before?.seconds ?? 0) + (durationSeconds ?? 0),
    });
  });
  return [...people.values()].map(({ seconds, ...it }) => ({
    ...it,
    minutes: seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : null,
  }));
}

/** Markdown as plain text: what only formats goes, what is said stays. */
export function plain(markdown: string): string {
  return markdown
    .replace(/^ {0,3}#{1,6}\s+/gm, '')
    .replace(/^(\s*)[-*+]\s+/gm, '$1• ')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
