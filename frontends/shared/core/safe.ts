// Addresses come from other people's systems; only web addresses become links.

/** The address if it may be followed, or undefined. */
export function safeUrl(url: string | null | undefined): string | undefined {
  return url && /^https?:\/\//i.test(url) ? url : undefined;
}
