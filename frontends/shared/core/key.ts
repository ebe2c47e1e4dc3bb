// Idempotency keys: one per thing a person asked for.

/** 128 random bits; `crypto.randomUUID` is missing where a site is served without TLS. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (it) =>
    it.toString(16).padStart(2, '0'),
  ).join('');
}
