// What a token says of itself. Nothing is verified here: the gateway does that, and decides what is shown.

/** The claims of a JSON Web Token (RFC 7519); null when it is none. */
export function claimsOf(token: string): Record<string, unknown> | null {
  try {
    const part = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(part), (it) => it.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
