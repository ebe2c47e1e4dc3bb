// Entra's sign-in page and token endpoint, as far as a single-page app's redirect needs them.
const TENANT = '11111111-1111-4111-8111-111111111111';
const PERSON = '00000000-0000-4000-8000-00000000000a';
const AUTHORITY = `https://login.microsoftonline.com/${TENANT}/v2.0`;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Answers at login.microsoftonline.com; `seen` collects what was asked for. */
export function entra(seen) {
  let nonce = '';
  return async (request, response) => {
    const url = new URL(request.url, 'https://login.microsoftonline.com');
    if (url.pathname.endsWith('/authorize')) {
      const asked = Object.fromEntries(url.searchParams);
      nonce = asked.nonce;
      seen.push({ at: 'authorize', ...asked });
      const info = part({ uid: PERSON, utid: TENANT });
      const back = new URLSearchParams({ code: 'code-1', client_info: info, state: asked.state });
      response.writeHead(302, { location: `${asked.redirect_uri}#${back}` });
      return response.end();
    }
    if (url.pathname.endsWith('/token')) {
      let text = '';
      for await (const chunk of request) text += chunk;
      const form = Object.fromEntries(new URLSearchParams(text));
      seen.push({ at: 'token', ...form });
      const now = Math.floor(Date.now() / 1000);
      const claims = { aud: form.client_id, iss: AUTHORITY, tid: TENANT, oid: PERSON, sub: 'sub', nonce };
      const id = {
        ...claims,
        preferred_username: 'grace@acme.example',
        iat: now,
        exp: now + 3600,
        ver: '2.0',
      };
      response.setHeader('content-type', 'application/json');
      return response.end(
        JSON.stringify({
          token_type: 'Bearer',
          scope: form.scope,
          expires_in: 3600,
          access_token: 'token-of-the-dialog',
          id_token: `${part({ alg: 'RS256', typ: 'JWT' })}.${part(id)}.x`,
          client_info: part({ uid: PERSON, utid: TENANT }),
        }),
      );
    }
    return false;
  };
}
