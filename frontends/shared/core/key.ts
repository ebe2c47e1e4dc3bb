// Idempotency keys: one per thing a person asked for.

/** 128 random bits; `crypto.randomUUID` is missing where a site is served without TLS. */
export function newKey(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/** The same key for the same wish, in whichever window and on whichever device it is asked for: SHA-256 of its parts. */
export async function keyOfWish(parts: readonly (string | null)[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  // Missing without TLS, too. Then two windows have two wishes.
  return crypto.subtle ? hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))) : newKey();
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (it) => it.toString(16).padStart(2, '0')).join('');
}
