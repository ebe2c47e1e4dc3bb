// Finding work items by what people type: a key, or words. What they type never becomes a part of the query's grammar.

const KEY = /^\s*([a-z][a-z0-9_]+-\d+)\s*$/i;

/** All but letters, digits and spaces: signs mean something to JQL and to Jira's text search, and find nothing. */
const GRAMMAR = /[^\p{L}\p{N}\p{M}\s]+/gu;

/** Words of a search: more only make it slow. */
const WORDS = 8;

/** The JQL for what was typed; null when there is nothing to search for. */
export function jqlFor(typed: string): string | null {
  const key = KEY.exec(typed)?.[1];
  if (key) {
    return `key = "${key.toUpperCase()}"`;
  }
  const words = typed.replace(GRAMMAR, ' ').trim().split(/\s+/).filter(Boolean).slice(0, WORDS);
  const last = words.at(-1);
  if (!last || (words.length === 1 && last.length < 2)) {
    return null;
  }
  // The last word may not be finished yet.
  return `text ~ "${words.join(' ')}*" ORDER BY updated DESC`;
}
